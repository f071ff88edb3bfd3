// Package customers makes, lists, changes and removes the customers of a Spillway: app clients of a Cognito user pool,
// whose scopes are the patterns that they may read.
//
//	client, err := customers.Connect(ctx, customers.Endpoint{Region: "us-east-1"})
//	...
//	d, err := customers.New(client, customers.Config{PoolID: "us-east-1_EXAMPLE"})
//	...
//	added, err := d.Add(ctx, "newschannel", []string{"weather.us.ny"})
//
// # Whose scopes are whose
//
// A scope belongs to a resource server, and UpdateResourceServer replaces all of its scopes. Those of the resource server
// spillway are the template's (deploy/cognito.yaml): a scope that was added beside it would go with the next change of its
// Patterns, and with it what customers read. So a [Directory] has a resource server of its own,
// [DefaultResourceServer], that no template knows, and puts no scope into any other. A gateway takes both for grants
// (SPILLWAY_RESOURCE_SERVERS).
//
// A client is the Directory's own if all its scopes are of that resource server. Clients that a template has made are listed and
// can have their secrets rotated, which no template notices; what they may read is the template's to say, and so is their end.
//
// # What is safe to repeat
//
// Everything. [Directory.Add] of a customer that is there with the same grants puts back the scopes that are missing, and nothing
// else; it tells no secret a second time. [Directory.Remove] of one that is not there only clears scopes away. Where it is not known
// whether a request came through, the pool is looked at again. Scopes are added before the client that needs them, and removed
// when no client of the pool has them any more: alone they grant nothing.
//
// Cognito has no condition on an update, so two operators who change one resource server in the same moment may lose a scope.
// [Directory.List] tells of it ([Customer.Missing]), and Add puts it back.
//
// # Limits
//
// A resource server has at most [MaxScopes] scopes and a client at most [MaxGrants], which nobody can have raised: they are checked
// before anything is done. For more patterns use another resource server (Config.ResourceServer), and have the gateways take
// it, too. The other quotas (1,000 clients and 25 resource servers of a pool) may be raised for an account, so Cognito is asked and its
// refusal told. Throttled requests are tried again, eight times in all.
//
// Reading what every client may read takes a request for each, so List, Grant and Remove take a second for some ten clients beyond
// what the account's rate allows at once.
//
// # Followed
//
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html: scopes
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html: quotas
//   - https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateResourceServer.html and
//     API_UpdateUserPoolClient.html: what is left out goes back to its default
//   - API_AddUserPoolClientSecret.html, API_DeleteUserPoolClientSecret.html: two active secrets
//
// A Directory may be used by several goroutines, but see above for two changes at a time.
package customers
