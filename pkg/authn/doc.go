// Package authn verifies the access tokens of subscribers and reads from them
// who the subscriber is and what it may read.
//
// A [Verifier] checks an access token that Amazon Cognito issues for the client
// credentials grant: RS256 signature by a key of the pool's key set, issuer,
// token_use, lifetime and client id. A scope `<resource server>/<pattern>` of the
// configured resource server is a grant of that pattern; other scopes are of other
// services and count for nothing.
//
// Sources: Amazon Cognito developer guide, "Verifying JSON web tokens" and
// "Understanding the access token". Tokens of client credentials have no aud, so
// client_id and scope are what must be checked.
//
// The package knows no transport: errors are an [Error] with a text that is fit
// for the holder of the token, or [ErrUnavailable]. It never logs a token. A
// Verifier is safe to use concurrently.
package authn
