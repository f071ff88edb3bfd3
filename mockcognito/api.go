package mockcognito

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

const (
	// apiTarget is what X-Amz-Target begins with.
	apiTarget      = "AWSCognitoIdentityProviderService."
	apiContentType = "application/x-amz-json-1.1"
	// maxAPIRequest bounds the body of a request: messages, attributes and URLs of their greatest length are below.
	maxAPIRequest = 1 << 20
)

// action runs an operation of the API on input that satisfies the model. A nil answer has no body.
type action func(in schema.Fields) (any, error)

// api is the cognito-idp JSON API of a server.
type api struct {
	*Server
	actions map[string]action
}

func (s *Server) api() *api {
	return &api{s, map[string]action{
		"AddUserPoolClientSecret":    s.addUserPoolClientSecret,
		"CreateResourceServer":       s.createResourceServer,
		"CreateUserPool":             s.createUserPool,
		"CreateUserPoolClient":       s.createUserPoolClient,
		"CreateUserPoolDomain":       s.createUserPoolDomain,
		"DeleteResourceServer":       s.deleteResourceServer,
		"DeleteUserPool":             s.deleteUserPool,
		"DeleteUserPoolClient":       s.deleteUserPoolClient,
		"DeleteUserPoolClientSecret": s.deleteUserPoolClientSecret,
		"DeleteUserPoolDomain":       s.deleteUserPoolDomain,
		"DescribeResourceServer":     s.describeResourceServer,
		"DescribeUserPool":           s.describeUserPool,
		"DescribeUserPoolClient":     s.describeUserPoolClient,
		"DescribeUserPoolDomain":     s.describeUserPoolDomain,
		"ListResourceServers":        s.listResourceServers,
		"ListTagsForResource":        s.listTagsForResource,
		"ListUserPoolClientSecrets":  s.listUserPoolClientSecrets,
		"ListUserPoolClients":        s.listUserPoolClients,
		"ListUserPools":              s.listUserPools,
		"TagResource":                s.tagResource,
		"UntagResource":              s.untagResource,
		"UpdateResourceServer":       s.updateResourceServer,
		"UpdateUserPool":             s.updateUserPool,
		"UpdateUserPoolClient":       s.updateUserPoolClient,
		"UpdateUserPoolDomain":       s.updateUserPoolDomain,
	}}
}

// serve answers one request. Logs name the operation and the error code, never a member.
func (a *api) serve(w *response, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	name, targeted := strings.CutPrefix(r.Header.Get("X-Amz-Target"), apiTarget)
	op, served := a.table.Operation(name)
	if targeted && served {
		w.note(slog.String("operation", name))
	}
	answer, err := a.run(w, r, op, targeted && served)
	var refused *apiError
	switch {
	case errors.As(err, &refused):
		a.refuse(w, refused)
	case err != nil:
		a.log.ErrorContext(r.Context(), "operation failed", slog.String("operation", name), slog.Any("error", err))
		a.refuse(w, refuse(codeInternal, messageInternal))
	case answer == nil:
		w.Header().Set("Content-Type", apiContentType)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	default:
		a.writeJSON(w, http.StatusOK, apiContentType, answer)
	}
}

// run makes the checks of the protocol, then those of the model, then runs the operation.
func (a *api) run(w *response, r *http.Request, op *schema.Operation, served bool) (any, error) {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if !served || mediaType != apiContentType {
		return nil, a.unknown(op.Name)
	}
	if err := checkSigned(r); err != nil {
		return nil, err
	}
	body, err := readObject(http.MaxBytesReader(w, r.Body, maxAPIRequest))
	if err != nil {
		return nil, err
	}
	in, err := op.Read(body)
	if err != nil {
		return nil, refuse(codeSerialization, "%s", err)
	}
	if message := op.Validate(in); message != "" {
		return nil, invalid("%s", message)
	}
	answer, err := a.actions[op.Name](in)
	if errors.Is(err, ErrUnknownPool) {
		id, _ := in["UserPoolId"].(string)
		return nil, noPool(id)
	}
	return answer, err
}

// unknown refuses an operation, by name where Cognito has it.
func (a *api) unknown(name string) *apiError {
	if !a.table.Unserved(name) {
		return refuse(codeUnknownOperation, "")
	}
	a.log.Warn("operation of cognito not served by mockcognito", slog.String("operation", name))
	return refuse(codeUnknownOperation, "mockcognito does not serve the operation %s.", name)
}

// checkSigned wants the parts of a signature. Whose it is and whether it is right is not checked: any credentials do.
func checkSigned(r *http.Request) error {
	header := r.Header.Get("Authorization")
	if header == "" {
		return refuse(codeMissingToken, "Missing Authentication Token")
	}
	for _, part := range []string{"Credential=", "SignedHeaders=", "Signature="} {
		if !strings.HasPrefix(header, "AWS4-HMAC-SHA256 ") || !strings.Contains(header, part) {
			return refuse(codeIncompleteSignature, "Authorization header requires '%s' parameter.", strings.TrimSuffix(part, "="))
		}
	}
	return nil
}

// readObject reads exactly one JSON object.
func readObject(body io.Reader) (map[string]any, error) {
	data, err := io.ReadAll(body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, refuse(codeRequestTooLarge, "")
	case err != nil:
		return nil, refuse(codeSerialization, "")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil || out == nil {
		return nil, refuse(codeSerialization, "")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(codeSerialization, "")
	}
	return out, nil
}

// apiErrorBody is an error answer, as https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
// and the JSON protocol have it.
type apiErrorBody struct {
	Type    string `json:"__type"`
	Message string `json:"message,omitempty"`
}

func (a *api) refuse(w *response, e *apiError) {
	w.note(slog.String("error", string(e.code)))
	w.Header().Set("X-Amzn-Errortype", string(e.code)+":")
	if e.message != "" {
		w.Header().Set("X-Amzn-Errormessage", headerText(e.message))
	}
	a.writeJSON(w, e.status(), apiContentType, apiErrorBody{string(e.code), e.message})
}

// headerText replaces what a header cannot hold.
func headerText(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, s)
}

// decode puts checked members into a struct with fields of their names.
func decode(in schema.Fields, into any) error {
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
