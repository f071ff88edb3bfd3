// Package mockcognito is a local token issuer that behaves like Amazon Cognito user pools do for the OAuth 2.0
// client-credentials grant, so that a program which gets its tokens from Cognito, or verifies them, runs unchanged
// on one machine.
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
// An optional top-level region (us-east-1 if left out) is the prefix of generated pool ids.
//
// # Endpoints
//
//   - POST /oauth2/token: the first pool's token endpoint.
//   - POST /{domain}/oauth2/token: the token endpoint of the pool with that domain. Where AWS has a host name for
//     each domain, this server has a path, because one loopback address needs no name resolution.
//   - GET /{poolId}/.well-known/jwks.json and /{poolId}/.well-known/openid-configuration: as under
//     https://cognito-idp.{region}.amazonaws.com.
//   - GET /healthz: 200 as soon as the server serves.
//
// Tokens name the issuer in AWS's form, although the server listens elsewhere, so a verifier is told the issuer and
// the address of the key set apart from each other, and its issuer check is the same locally as on AWS.
//
// # State
//
// With Config.StateFile, signing keys and everything generated outlive the process, in a JSON file with mode 0600
// that one server at a time may use:
//
//	{"version":1,"pools":{"<pool name>":{"id":"...","id_keys":["<PKCS #8 PEM>"],"access_keys":["<PKCS #8 PEM>"],
//	  "clients":{"<client name>":{"id":"...","secret":"..."}}}}}
//
// # For tests
//
// [Server.AddClient], [Server.Issue] (expired, foreign, altered tokens), [Server.RotateKeys],
// [Server.FailTokenRequests] and Config.Now reach what an outside client cannot.
//
// # Followed
//
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints-oauth-grants.html
//   - https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
//   - The constraints of the cognito-identity-provider 2016-04-18 API model, for every name in the file.
//
// # Ledger: left out
//
//   - The cognito-idp management API (CreateUserPool, CreateUserPoolClient, GetClientToken and the rest): pools come
//     from the file or from AddClient.
//   - Users, and so the endpoints /oauth2/authorize, /oauth2/userInfo, /oauth2/revoke and /logout, which the openid-configuration
//     names as AWS's does: they answer 404. No code or refresh token exists, so those grants end in invalid_grant.
//   - Clients without a secret, and a second active secret for rotation.
//   - Lambda triggers: aws_client_metadata must be a JSON object and is then dropped.
//   - Resource binding (the aud claim that the resource parameter asks for): the parameter is ignored.
//   - The quota of about 150 token requests a second for each pool; FailTokenRequests stands in for a throttled answer.
//   - CORS preflight: OPTIONS is answered 405, as every method but POST.
//   - TLS. The Strict-Transport-Security header goes with it.
//   - A scope cannot be deleted from a resource server while the server runs.
//
// # Ledger: simplified or not settled by a source
//
//   - The guide says that scopes not allowed for the client are ignored; users report invalid_scope. Both hold here: such
//     scopes are dropped (and a warning logged), and the answer is invalid_scope when none is left.
//   - The order of checks is: method and content type (405), form and grant type, client, the client's flows, scope.
//   - No client id at all is invalid_request, an id without its secret invalid_client. A client named in both header and
//     body must be the same, else invalid_request.
//   - A parameter sent twice and a body above 64 KiB are invalid_request. Parameters in the URL's query are not read.
//   - authorization_code and refresh_token from a client of the client-credentials flow are unauthorized_client.
//   - Rotation publishes the new pair of keys beside the previous one and withdraws the one before that; AWS does not say
//     for how long it keeps a retired key.
//   - The endpoints in the openid-configuration have this server's address, not AWS's, so that a client that follows
//     them arrives.
//   - An unknown pool is 404 with a message; AWS's exact text is not known.
//   - The order of scopes in a token is the request's, or the client's when the request names none.
//
// # Concurrency
//
// A Server may be used by any number of goroutines. Every other value belongs to its caller.
package mockcognito
