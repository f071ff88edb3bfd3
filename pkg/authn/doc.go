// Package authn verifies the access tokens of subscribers and reads from them
// who the subscriber is and what it may read.
//
// A [Verifier] checks an access token that Amazon Cognito issues for the client
// credentials grant: RS256 signature by a key of the pool's key set, issuer,
// token_use, lifetime and client id. A scope `<resource server>/<pattern>` of one of
// the configured resource servers is a grant of that pattern; other scopes are of
// other services and count for nothing. Tokens of users, whose sub is not their
// client_id, are refused: a user of the pool is not the client it signed in with.
//
// Keys are taken from the key set alone, by kid; [Verifier.Run] fetches it. While the
// issuer is down the keys that are known stay trusted.
//
// A token that passed is remembered until it expires, so that it is verified once
// and not with each call. What the issuer does later does not end it: if a key is
// withdrawn, tokens signed with it are refused within the hour where they are new,
// and live on until they expire, a day at most, where they are remembered. To end
// them at once, restart the gateways; to end what one client may do, deny the client.
//
// Sources: Amazon Cognito developer guide, "Verifying JSON web tokens" and
// "Understanding the access token". Tokens of client credentials have no aud, so
// client_id and scope are what must be checked.
//
// The package knows no transport: errors are an [Error] with a text that is fit
// for the holder of the token, or [ErrUnavailable]. It never logs a token. A
// Verifier is safe to use concurrently.
package authn
