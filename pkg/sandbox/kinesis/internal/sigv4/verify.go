// Package sigv4 verifies signatures of AWS's Signature Version 4.
//
// [Verify] checks that a request was signed with one of the keys it is given, in
// the Authorization header or in the query, and not too long ago. It knows nothing
// of session tokens and permissions, and keeps nothing: all may be called
// concurrently. The procedure is that of "Create a signed AWS API request" in the
// IAM user guide (docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeLayout = "20060102T150405Z"
	// maxSkew is how far the time of a signature may be from that of the service.
	maxSkew = 5 * time.Minute
	// scopeParts are key id, date, region, service and aws4_request.
	scopeParts = 5
)

// What is wrong with a signature.
var (
	ErrUnknownKey = errors.New("no such access key")
	ErrMismatch   = errors.New("the signature does not match")
	ErrExpired    = errors.New("the signature is too old or of the future")
)

// Keys are the secrets by the id of the access key.
type Keys map[string]string

// signed is what a request says of its signature.
type signed struct {
	keyID, date, region, service string
	headers                      []string
	signature                    string
	at                           string
	query                        bool
}

// Verify returns nil if r, whose body is given, was signed with one of the keys at
// about now; else ErrUnknownKey, ErrMismatch or ErrExpired.
func Verify(r *http.Request, body []byte, keys Keys, now time.Time) error {
	s, ok := read(r)
	if !ok {
		return ErrMismatch
	}
	secret, ok := keys[s.keyID]
	if !ok {
		return ErrUnknownKey
	}
	at, err := time.Parse(timeLayout, s.at)
	if err != nil || !strings.HasPrefix(s.at, s.date) {
		return ErrMismatch
	}
	if !hmac.Equal([]byte(s.signature), []byte(s.sign(r, body, secret))) {
		return ErrMismatch
	}
	if at.Sub(now).Abs() > maxSkew {
		return ErrExpired
	}
	return nil
}

// read takes a signature out of the header or the query.
func read(r *http.Request) (signed, bool) {
	given, query := r.URL.Query(), true
	if text := r.Header.Get("Authorization"); text != "" {
		given, query = fromHeader(text), false
	}
	s := signed{
		headers:   strings.Split(given.Get("X-Amz-SignedHeaders"), ";"),
		signature: given.Get("X-Amz-Signature"),
		at:        given.Get("X-Amz-Date"),
		query:     query,
	}
	if !query {
		s.at = r.Header.Get("X-Amz-Date")
	}
	scope := strings.Split(given.Get("X-Amz-Credential"), "/")
	if len(scope) < scopeParts || given.Get("X-Amz-Algorithm") != algorithm {
		return signed{}, false
	}
	last := len(scope) - scopeParts + 1 // a key id may hold slashes
	s.keyID = strings.Join(scope[:last], "/")
	s.date, s.region, s.service = scope[last], scope[last+1], scope[last+2]
	return s, true
}

// fromHeader reads "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..." as the same parameters of the query.
func fromHeader(text string) url.Values {
	name, rest, _ := strings.Cut(text, " ")
	out := url.Values{"X-Amz-Algorithm": {name}}
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		out.Set("X-Amz-"+key, value)
	}
	return out
}

// sign works out the signature that the request should have.
func (s signed) sign(r *http.Request, body []byte, secret string) string {
	scope := strings.Join([]string{s.date, s.region, s.service, "aws4_request"}, "/")
	text := strings.Join([]string{algorithm, s.at, scope, digest([]byte(s.canonical(r, body)))}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

// canonical is the request in the form that is signed.
func (s signed) canonical(r *http.Request, body []byte) string {
	path := (&url.URL{Path: r.URL.EscapedPath()}).EscapedPath()
	if path == "" {
		path = "/"
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n" + s.canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + digest(body))
	return b.String()
}

func (s signed) canonicalQuery(query url.Values) string {
	if s.query {
		query.Del("X-Amz-Signature")
	}
	var pairs []string
	for name, values := range query {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape escapes all but the unreserved characters.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func headerValue(r *http.Request, name string) string {
	if name == "host" {
		return r.Host
	}
	if name == "content-length" { // net/http keeps it apart
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
