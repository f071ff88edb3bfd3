// Package cognito makes the Cognito resources of templates in a user pool service that runs elsewhere, through that service's
// cognito-idp API. The service is whatever answers at an endpoint: this package knows its wire protocol alone.
//
// [New] makes a [Client]; its Provisioners are those of AWS::Cognito::UserPool, UserPoolDomain, UserPoolResourceServer and
// UserPoolClient. It is an http.Handler as well, which hands requests of the cognito-idp API on to the endpoint, so that
// clients of the local cloud find it where everything else is.
//
// # Followed
//
// The types' pages in the CloudFormation template reference, and the operations' in
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/.
//
// # Ledger
//
//   - EnabledMfas and the WebAuthn properties of a pool, which are set by an operation of their own, are refused by name.
//   - A pool's issuer, in ProviderURL, and its domain's host name have AWS's forms, as in tokens; they lead nowhere here. Who
//     verifies or gets tokens has to know the endpoint: ENDPOINT/POOL/.well-known/jwks.json and ENDPOINT/DOMAIN/oauth2/token.
//   - A domain's Routing is refused by name.
//
// A Client may be used by any number of goroutines.
package cognito
