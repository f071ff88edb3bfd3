package mockcognito

// oauthError is the value of "error" in Cognito's error answers. They have no error_description.
type oauthError string

// The errors of the token endpoint, all with HTTP status 400.
const (
	errInvalidRequest       oauthError = "invalid_request"
	errInvalidClient        oauthError = "invalid_client"
	errInvalidGrant         oauthError = "invalid_grant"
	errInvalidScope         oauthError = "invalid_scope"
	errUnauthorizedClient   oauthError = "unauthorized_client"
	errUnsupportedGrantType oauthError = "unsupported_grant_type"
)

// Error is the code itself.
func (e oauthError) Error() string { return string(e) }
