package logs

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
const TargetPrefix = "Logs_20140328."

// ServeHTTP answers the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out, err := s.answer(w, r)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = errorf(CodeInvalidParameter, "%v", err)
		}
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message})
		return
	}
	if out != nil {
		_ = json.NewEncoder(w).Encode(out) // the connection may be gone; then nobody is left to be told
	}
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

// action answers one call from its JSON; nil is an empty answer.
type action func(ctx context.Context, body []byte) (any, error)

// take makes an action of a function that has a typed input. Members of the list that are set are refused by name.
func take[In any](f func(context.Context, In) (any, error), refused ...string) action {
	return func(ctx context.Context, body []byte) (any, error) {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, errorf(CodeSerialization, "The body is no JSON object.")
		}
		for _, name := range refused {
			if !slices.Contains([]string{"", "null", `""`, "{}", "[]", `"STANDARD"`, "false"}, string(members[name])) {
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

// target are the members that say what an action is about.
type target struct {
	LogGroupName, LogStreamName string
	RetentionInDays             int
}

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"CreateLogGroup": take(func(ctx context.Context, in target) (any, error) {
			return nil, s.CreateLogGroup(ctx, in.LogGroupName)
		}, "tags", "kmsKeyId", "logGroupClass", "deletionProtectionEnabled"),
		"DeleteLogGroup": take(func(ctx context.Context, in target) (any, error) { return nil, s.DeleteLogGroup(ctx, in.LogGroupName) }),
		"CreateLogStream": take(func(ctx context.Context, in target) (any, error) {
			return nil, s.CreateLogStream(ctx, in.LogGroupName, in.LogStreamName)
		}),
		"DeleteLogStream": take(func(ctx context.Context, in target) (any, error) {
			return nil, s.DeleteLogStream(ctx, in.LogGroupName, in.LogStreamName)
		}),
		"PutRetentionPolicy": take(func(ctx context.Context, in target) (any, error) {
			if in.RetentionInDays == 0 {
				return nil, constraint("retentionInDays", "null", "not be null")
			}
			return nil, s.PutRetentionPolicy(ctx, in.LogGroupName, in.RetentionInDays)
		}),
		"DeleteRetentionPolicy": take(func(ctx context.Context, in target) (any, error) {
			return nil, s.PutRetentionPolicy(ctx, in.LogGroupName, 0)
		}),
		"DescribeLogGroups": take(func(ctx context.Context, in DescribeLogGroupsInput) (any, error) { return s.DescribeLogGroups(ctx, in) },
			"accountIdentifiers", "includeLinkedAccounts", "logGroupClass", "logGroupIdentifiers"),
		"DescribeLogStreams": take(func(ctx context.Context, in DescribeLogStreamsInput) (any, error) {
			return s.DescribeLogStreams(ctx, in)
		}),
		"PutLogEvents": take(func(ctx context.Context, in PutLogEventsInput) (any, error) {
			token, err := s.PutLogEvents(ctx, in)
			return map[string]string{"nextSequenceToken": token}, err
		}, "entity"),
		"GetLogEvents":    take(func(ctx context.Context, in GetLogEventsInput) (any, error) { return s.GetLogEvents(ctx, in) }),
		"FilterLogEvents": take(func(ctx context.Context, in FilterLogEventsInput) (any, error) { return s.FilterLogEvents(ctx, in) }),
	}
}
