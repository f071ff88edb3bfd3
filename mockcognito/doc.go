// Package mockcognito is a local token issuer that behaves like Amazon Cognito user pools do for the OAuth 2.0
// client-credentials grant, with the API that makes pools and what belongs to them, so that a program which gets its
// tokens from Cognito, verifies them, or manages clients runs unchanged on one machine.
//
// [New] makes a [Server] from a [Config], which [LoadConfig] reads from a YAML file; the server is an
// [http.Handler]:
//
//	pools:
//	  - id: us-east-1_Local0001        # left out: generated once
//	    name: weather                  # required; what the state file calls this pool
//	    domain: spillway               # the token endpoint's path prefix; required from the second pool on
//	    issuer: https://example.com/x  # left out: https://cognito-idp.{region}.amazonaws.com/{id}
//	    resource_servers:
//	      - identifier: spillway
//	        name: Spillway events      # left out: the identifier
//	        scopes: [weather.us.ny, "weather.us.>"]
//	    clients:
//	      - name: news                 # required; what the state file calls this client
//	        id: 1h57kf5cpq17m0eml12EXAMPLE     # left out: generated once
//	        secret: 9example87654321secret00   # left out: generated once
//	        scopes: [spillway/weather.us.ny]
//	        access_token_validity: 60m         # 5m to 24h
//	        allowed_oauth_flows: [client_credentials]
//
// Instead of pools, or beside them, a file may say which ids and secrets the first pool that the API makes gets, so that what is
// made anew is known by the old credentials:
//
//	reserved:
//	  pool_id: us-east-1_Local0001
//	  clients: [{name: news, id: 1h57kf5cpq17m0eml12example, secret: 9example87654321secret00}]
//
// An optional top-level region (us-east-1 if left out) is the prefix of generated pool ids. A Config may also have no
// pools: then the API makes them.
//
// # Endpoints
//
//   - POST /oauth2/token: the first pool's token endpoint.
//   - POST /{domain}/oauth2/token: the token endpoint of the pool with that domain, a prefix or a custom one. Where AWS
//     has a host name for each domain, this server has a path, because one loopback address needs no name resolution.
//   - GET /{poolId}/.well-known/jwks.json and /{poolId}/.well-known/openid-configuration: as under
//     https://cognito-idp.{region}.amazonaws.com.
//   - POST /: the cognito-idp API, below.
//   - GET /healthz: 200 as soon as the server serves.
//   - /_mockcognito/: the knobs, below.
//
// Tokens name the issuer in AWS's form, although the server listens elsewhere, so a verifier is told the issuer and
// the address of the key set apart from each other, and its issuer check is the same locally as on AWS.
//
// # The cognito-idp API
//
// The AWS SDKs and the AWS CLI speak to it with this server as endpoint URL and with any credentials: the signature must
// be there, and is not checked. It has CreateUserPool, DescribeUserPool, UpdateUserPool, ListUserPools, DeleteUserPool;
// CreateUserPoolDomain, DescribeUserPoolDomain, UpdateUserPoolDomain, DeleteUserPoolDomain; CreateResourceServer,
// DescribeResourceServer, UpdateResourceServer, ListResourceServers, DeleteResourceServer; CreateUserPoolClient,
// DescribeUserPoolClient, UpdateUserPoolClient, ListUserPoolClients, DeleteUserPoolClient; AddUserPoolClientSecret,
// ListUserPoolClientSecrets, DeleteUserPoolClientSecret; TagResource, UntagResource, ListTagsForResource. Any other
// operation is refused by its name. Members, types, patterns and bounds are checked against AWS's model.
//
// # State
//
// With Config.StateFile, signing keys, everything generated and what the API has made outlive the process, in a JSON
// file with mode 0600 that one server at a time may use:
//
//	{"version":1,"pools":{"<pool name>":{"id":"...","id_keys":["<PKCS #8 PEM>"],"access_keys":["<PKCS #8 PEM>"],
//	  "clients":{"<client name>":{"id":"...","secret":"..."}}}},
//	 "created":{"<pool id>":{"pool":{...},"domain":"...","resource_servers":[...],"clients":[...]}}}
//
// The configuration and the API meet so: what is configured is said again at each start. What the API makes, in
// configured pools too, is kept; what it changes or deletes of the configured things lasts until the next start, except
// that secrets it has added to a configured client, or put in the place of a generated one, stay. A resource server
// that is configured by now is the configuration's, whatever the API made of it before. Ids and domains that both
// claim for different things end New. What belongs to a pool that has left the configuration is kept for its return.
//
// # Knobs
//
// Tests turn them by methods of [Server]; demos by POST /_mockcognito/{knob} with a JSON object, which whoever reaches the
// server may do, so keep it on loopback. GET /_mockcognito/ tells how they are, as does the answer to each POST; an error
// is {"error":"..."}.
//
//   - clock {"set":"2030-01-01T00:00:00Z"} or {"shift":"90m"}: [Server.SetClock], [Server.ShiftClock]. What is dated from
//     then on has that time; verifiers have clocks of their own.
//   - rotate-keys {"id":"<pool>"}: [Server.RotateKeys].
//   - token-lifetime {"id":"<pool or client>","lifetime":"2s"}: [Server.SetTokenLifetime], below Cognito's 5 minutes too.
//   - expire-now {"id":"<pool or client>"}: [Server.ExpireNow]. Tokens from then on have ended when they are issued. One
//     that is out ends when it says so, here as on AWS; to make it worthless earlier, rotate the keys twice.
//   - fail {"count":3,"status":429,"error":"TooManyRequestsException"}: [Server.FailTokenRequests].
//   - latency {"latency":"200ms"}, at most 5s: [Server.SetLatency].
//   - throttle {"requests_per_second":150}: [Server.SetThrottle], for each pool; off at the start.
//   - reset {}: [Server.ResetKnobs].
//
// [Server.AddClient] and [Server.Issue] (foreign, altered tokens) reach what neither the API nor a knob does.
//
// # Followed
//
// For tokens, keys and the discovery document:
//
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html: requests, errors, client secrets
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints-oauth-grants.html: which grant a client may use
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html: scopes, deleted ones too
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html: claims
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html: key set
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html: discovery
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html: quotas
//
// For the API, below https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/:
//
//   - API_CreateUserPool.html, API_UpdateUserPool.html, API_UserPoolType.html: what a pool has, what an update puts back
//   - API_CreateUserPoolDomain.html, API_UpdateUserPoolDomain.html, API_DomainDescriptionType.html: domains
//   - API_CreateResourceServer.html, API_UpdateResourceServer.html: resource servers
//   - API_CreateUserPoolClient.html, API_UpdateUserPoolClient.html, API_UserPoolClientType.html: flows, scopes, validity, standards
//   - API_AddUserPoolClientSecret.html, API_ListUserPoolClientSecrets.html, API_DeleteUserPoolClientSecret.html: two active secrets
//   - API_TagResource.html, and https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html: tags
//   - CommonErrors.html: codes that every operation has
//   - The API model cognito-identity-provider-2016-04-18, see internal/schema, for constraints.
//
// testdata/answers holds the answers against the examples of these pages and of
// https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/, each with its page. Texts of errors that no page has
// are those users have reported: "Invalid scope requested: ..." (github.com/awsdocs/aws-cloudformation-user-guide/issues/564),
// "Invalid range for token validity." (.../pull/828), the form of "1 validation error detected" (.../issues/563), "Domain
// already associated with another user pool." (github.com/aws-samples/websocket-chat-application/issues/56), "User pool
// cannot be deleted. It has a domain configured ..." (github.com/hashicorp/terraform-provider-aws/issues/16479) and others.
//
// # Ledger: left out
//
//   - Users, groups, identity providers, branding, terms, risk, imports, replicas: their operations are refused by name, and so is
//     GetClientToken. The endpoints /oauth2/authorize, /oauth2/userInfo, /oauth2/revoke and /logout, which the
//     openid-configuration names as AWS's does, answer 404. No code or refresh token exists, so those grants end in
//     invalid_grant.
//   - Settings that concern them (policies, messages, MFA, attributes, explicit flows, analytics, encryption keys) are
//     checked against the model, kept and described, and do nothing.
//   - Lambda triggers, PreTokenGeneration among them: aws_client_metadata must be a JSON object and is then dropped.
//   - Resource binding (the aud claim that the resource parameter asks for): the parameter is ignored.
//   - Routing of a domain, members that are newer than the model: dropped, as AWS drops unknown ones.
//   - Rates of API requests, permissions, the check of signatures, eventual consistency: a change is there when it is answered.
//   - Custom domains are not resolved, and their certificate is not looked for. A deleted pool is gone at once, not after 14 days.
//   - CORS preflight: OPTIONS is answered 405 by the token endpoint, as every method but POST, and 404 elsewhere.
//   - TLS. The Strict-Transport-Security header goes with it.
//
// # Ledger: simplified or not settled by a source
//
//   - There are at most 20 pools, where AWS has 1,000: each costs two RSA keys.
//   - The guide says that scopes not allowed for the client are ignored; users report invalid_scope. Both hold here: such
//     scopes are dropped (and a warning logged), and the answer is invalid_scope when none is left.
//   - The order of checks is: method and content type (405), knobs, form and grant type, client, the client's flows, scope.
//   - No client id at all is invalid_request, an id without its secret invalid_client, and so is a secret for a client that
//     has none. A client named in both header and body must be the same, else invalid_request.
//   - A parameter sent twice and a body above 64 KiB are invalid_request. Parameters in the URL's query are not read.
//   - authorization_code and refresh_token from a client of the client-credentials flow are unauthorized_client. A client
//     whose AllowedOAuthFlowsUserPoolClient is not true gets invalid_grant, as users report.
//   - A throttled token request is 429 with {"error":"TooManyRequestsException"}; its body on AWS is not known.
//   - Rotation publishes the new pair of keys beside the previous one and withdraws the one before that; AWS does not say
//     for how long it keeps a retired key.
//   - The endpoints in the openid-configuration have this server's address, not AWS's, so that a client that follows
//     them arrives.
//   - An unknown pool is 404 with a message; AWS's exact text is not known.
//   - The order of scopes in a token is the request's, or the client's when the request names none.
//   - Every fault of a caller has status 400, as AWS's JSON protocol has it, though the model says 403, 404 and 429 of some.
//   - These texts are not known from AWS: those of SerializationException, LimitExceededException and of everything about
//     client secrets, tags and pagination tokens, of scopes named twice, of an unknown resource server, and of
//     DefaultRedirectURI. Codes are the model's.
//   - The id of a client secret ends in milliseconds, so that two of one second differ. DescribeUserPoolClient tells the older
//     one of two secrets.
//   - An update that leaves out UserPoolTags takes the tags away, as the page says of every attribute but the tier.
//   - An access token may live longer than the refresh token, and explicit flows may be combined as no client could use them.
//   - Lists are in the order of ids. What is configured has the time of the start as its creation date.
//
// # Concurrency
//
// A Server may be used by any number of goroutines. Every other value belongs to its caller.
package mockcognito
