package ecr

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// TargetPrefix begins the X-Amz-Target of this API.
const TargetPrefix = "AmazonEC2ContainerRegistry_V20150921."

// ServeHTTP answers the API, and the registry below /v2/.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, RegistryPrefix) {
		s.serveRegistry(w, r)
		return
	}
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out, err := s.answer(w, r)
	if err != nil {
		status, e := http.StatusBadRequest, new(Error)
		if !errors.As(err, &e) {
			status, e = http.StatusInternalServerError, errorf("ServerException", "%v", err)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message})
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

// take makes an action of a function that has a typed input. Members of the list that are set are refused by name.
func take[In, Out any](f func(context.Context, In) (Out, error), refused ...string) action {
	return func(ctx context.Context, body []byte) (any, error) {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, errorf(CodeSerialization, "The body is no JSON object.")
		}
		for _, name := range refused {
			if text := string(members[name]); text != "" && text != "null" && text != "[]" {
				return nil, errorf(CodeInvalidParameter, "%s is not supported by the sandbox", name)
			}
		}
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errorf(CodeSerialization, "%v", err)
		}
		return f(ctx, in)
	}
}

// one is an answer with one member.
func one(name string, value any, err error) (map[string]any, error) {
	if err != nil {
		return nil, err
	}
	return map[string]any{name: value}, nil
}

// target are the members that say what an action is about.
type target struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string
	Force          bool
	ResourceARN    string   `json:"resourceArn"`
	RegistryIDs    []string `json:"registryIds"`
}

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"CreateRepository": take(func(ctx context.Context, in CreateRepositoryInput) (map[string]any, error) {
			r, err := s.CreateRepository(ctx, in)
			return one("repository", r, err)
		}, "imageTagMutabilityExclusionFilters"),
		"DescribeRepositories": take(s.DescribeRepositories),
		"DeleteRepository": take(func(ctx context.Context, in target) (map[string]any, error) {
			r, err := s.DeleteRepository(ctx, in.RegistryID, in.RepositoryName, in.Force)
			return one("repository", r, err)
		}),
		"ListTagsForResource": take(func(ctx context.Context, in target) (map[string]any, error) {
			tags, err := s.ListTagsForResource(ctx, in.ResourceARN)
			return one("tags", tags, err)
		}),
		"GetAuthorizationToken": take(func(ctx context.Context, in target) (map[string]any, error) {
			data := []AuthorizationData{}
			for range max(len(in.RegistryIDs), 1) {
				data = append(data, s.GetAuthorizationToken(ctx))
			}
			return one("authorizationData", data, nil)
		}),
		"PutLifecyclePolicy": take(s.PutLifecyclePolicy),
		"GetLifecyclePolicy": take(func(ctx context.Context, in target) (LifecyclePolicy, error) {
			return s.GetLifecyclePolicy(ctx, in.RegistryID, in.RepositoryName)
		}),
		"BatchGetImage":               take(s.BatchGetImage),
		"BatchCheckLayerAvailability": take(s.BatchCheckLayerAvailability),
		"BatchDeleteImage":            take(s.BatchDeleteImage),
		"DescribeImages":              take(s.DescribeImages),
		"ListImages":                  take(s.ListImages),
	}
}
