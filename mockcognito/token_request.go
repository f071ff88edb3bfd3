package mockcognito

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// maxTokenRequest bounds the body of a token request. 50 scopes of 256 characters, each written as %XX, are below 40 KiB.
const maxTokenRequest = 64 << 10

// tokenRequest is a decoded request to the token endpoint. Whether the client exists and may have what it asks for is
// not decided yet.
type tokenRequest struct {
	grantType    string
	clientID     string
	clientSecret string
	scopes       []string // nil if the request names none
	code         string
	refreshToken string
}

// decodeTokenRequest reads the Authorization header and the body of a token request.
func decodeTokenRequest(authorization string, body []byte) (tokenRequest, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return tokenRequest{}, errInvalidRequest
	}
	for _, values := range form {
		if len(values) > 1 {
			return tokenRequest{}, errInvalidRequest
		}
	}
	req := tokenRequest{
		grantType:    form.Get("grant_type"),
		clientID:     form.Get("client_id"),
		clientSecret: form.Get("client_secret"),
		scopes:       unrepeated(strings.Fields(form.Get("scope"))),
		code:         form.Get("code"),
		refreshToken: form.Get("refresh_token"),
	}
	if req.grantType == "" || !validMetadata(form.Get("aws_client_metadata")) {
		return tokenRequest{}, errInvalidRequest
	}
	if err := req.checkGrantType(); err != nil {
		return tokenRequest{}, err
	}
	if err := req.useHeader(authorization); err != nil {
		return tokenRequest{}, err
	}
	if req.clientID == "" {
		return tokenRequest{}, errInvalidRequest
	}
	return req, nil
}

func (r *tokenRequest) checkGrantType() error {
	switch r.grantType {
	case "client_credentials":
		return nil
	case "authorization_code":
		return requireParameter(r.code)
	case "refresh_token":
		return requireParameter(r.refreshToken)
	default:
		return errUnsupportedGrantType
	}
}

func requireParameter(value string) error {
	if value == "" {
		return errInvalidRequest
	}
	return nil
}

// useHeader takes the client from an Authorization header of the Basic scheme; another scheme says nothing about the
// client. What the body says about the client too must be the same.
func (r *tokenRequest) useHeader(authorization string) error {
	scheme, credentials, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil
	}
	id, secret, ok := decodeBasic(strings.TrimSpace(credentials))
	if !ok {
		return errInvalidClient
	}
	if (r.clientID != "" && r.clientID != id) || (r.clientSecret != "" && r.clientSecret != secret) {
		return errInvalidRequest
	}
	r.clientID, r.clientSecret = id, secret
	return nil
}

// decodeBasic reads base64(id:secret). OAuth 2.0 has both parts form-encoded, and curl -u does not do that: %XX is
// decoded, while "+", which ids and secrets may contain, is left alone.
func decodeBasic(credentials string) (id, secret string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(raw), ":")
	if !ok || id == "" {
		return "", "", false
	}
	id, idErr := url.PathUnescape(id)
	secret, secretErr := url.PathUnescape(secret)
	return id, secret, idErr == nil && secretErr == nil
}

// validMetadata reports whether an aws_client_metadata parameter is absent or a JSON object of texts.
func validMetadata(s string) bool {
	if s == "" {
		return true
	}
	var metadata map[string]string
	return json.Unmarshal([]byte(s), &metadata) == nil && metadata != nil
}

// unrepeated drops repetitions and keeps the order; nil stays nil.
func unrepeated(scopes []string) []string {
	seen := make(map[string]bool, len(scopes))
	var kept []string
	for _, s := range scopes {
		if !seen[s] {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return kept
}
