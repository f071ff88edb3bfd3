package secretsmanager

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// TargetPrefix begins the X-Amz-Target of this API.
const TargetPrefix = "secretsmanager."

// ServeHTTP answers the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out, err := s.answer(w, r)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = invalidParameter("%v", err)
		}
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "Message": e.Message})
		return
	}
	_ = json.NewEncoder(w).Encode(out) // the connection may be gone; then nobody is left to be told
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	target := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), TargetPrefix)
	action, ok := s.actions()[target]
	if !ok {
		return nil, errorf(CodeUnknownOperation, "The action %.100q is not supported by the sandbox.", target)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		return nil, errorf(CodeSerialization, "The body could not be read, or has more than %d bytes.", maxRequestBytes)
	}
	return action(r.Context(), body)
}

// action answers one call from its JSON.
type action func(ctx context.Context, body []byte) (any, error)

// take makes an action of a method. Members of the list that are set are refused by name.
func take[In, Out any](f func(context.Context, In) (Out, error), refused ...string) action {
	return func(ctx context.Context, body []byte) (any, error) {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, errorf(CodeSerialization, "The body is no JSON object.")
		}
		for _, name := range refused {
			if !slices.Contains([]string{"", "null", `""`, "{}", "[]", "false"}, string(members[name])) {
				return nil, invalidParameter("%s is not supported by the sandbox", name)
			}
		}
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errorf(CodeSerialization, "A member has a wrong type.")
		}
		return f(ctx, in)
	}
}

// named is the input of actions that only say which secret.
type named struct{ SecretId string }

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"CreateSecret":   take(s.CreateSecret, "AddReplicaRegions", "ForceOverwriteReplicaSecret", "Type"),
		"GetSecretValue": take(s.GetSecretValue),
		"DescribeSecret": take(func(ctx context.Context, in named) (Description, error) { return s.DescribeSecret(ctx, in.SecretId) }),
		"PutSecretValue": take(s.PutSecretValue, "RotationToken"),
		"UpdateSecret":   take(s.UpdateSecret, "Type"),
		"ListSecrets":    take(s.ListSecrets, "Filters", "SortOrder", "SortBy"),
		"DeleteSecret":   take(s.DeleteSecret),
		"RestoreSecret":  take(func(ctx context.Context, in named) (SecretOutput, error) { return s.RestoreSecret(ctx, in.SecretId) }),
		"GetRandomPassword": take(func(_ context.Context, in PasswordInput) (map[string]string, error) {
			password, err := RandomPassword(in)
			return map[string]string{"RandomPassword": password}, err
		}),
	}
}
