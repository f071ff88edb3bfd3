package awsjson

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/sigv4"
)

// checkAuth checks that the request carries the parts of a signature, in the
// header or in the query but not in both. The signature itself is verify's matter.
func checkAuth(r *http.Request) *Fault {
	header := r.Header.Get("Authorization")
	query := r.URL.Query()
	inQuery := query.Has("X-Amz-Algorithm")
	switch {
	case header != "" && inQuery:
		return &Fault{"InvalidSignatureException", http.StatusBadRequest,
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."}
	case header != "":
		return checkAuthHeader(r, header)
	case inQuery:
		return checkAuthQuery(query)
	default:
		return &Fault{"MissingAuthenticationTokenException", http.StatusBadRequest, "Missing Authentication Token"}
	}
}

func checkAuthHeader(r *http.Request, header string) *Fault {
	parts := strings.FieldsFunc(header, func(c rune) bool { return c == ',' || c == ' ' })
	given := map[string]string{}
	for _, part := range parts[min(1, len(parts)):] {
		key, value, _ := strings.Cut(part, "=")
		given[key] = value
	}
	var b strings.Builder
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if given[name] == "" {
			b.WriteString("Authorization header requires '" + name + "' parameter. ")
		}
	}
	if r.Header.Get("X-Amz-Date") == "" && r.Header.Get("Date") == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return incomplete(b.String(), "Authorization="+header)
}

func checkAuthQuery(query map[string][]string) *Fault {
	var b strings.Builder
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if v := query[name]; len(v) == 0 || v[0] == "" {
			b.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	return incomplete(b.String(), "Re-examine the query-string parameters.")
}

func incomplete(missing, tail string) *Fault {
	if missing == "" {
		return nil
	}
	return &Fault{"IncompleteSignatureException", http.StatusBadRequest, missing + tail}
}

// verify checks the signature itself, if there are keys. The texts are those of
// the IAM user guide, "Troubleshoot signed requests for AWS APIs".
func (x *exchange) verify() *Fault {
	if x.Keys == nil {
		return nil
	}
	now := x.Now()
	err := sigv4.Verify(x.r, x.body, x.Keys, now)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sigv4.ErrUnknownKey):
		return &Fault{"UnrecognizedClientException", http.StatusBadRequest, "The security token included in the request is invalid."}
	case errors.Is(err, sigv4.ErrExpired):
		return &Fault{"InvalidSignatureException", http.StatusBadRequest,
			"Signature expired: it is more than 5 minutes from " + now.UTC().Format(time.RFC3339) + "."}
	default:
		return &Fault{"InvalidSignatureException", http.StatusBadRequest,
			"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
				"Consult the service documentation for details."}
	}
}
