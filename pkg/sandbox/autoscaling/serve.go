package autoscaling

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// TargetPrefix begins the X-Amz-Target of this API.
const TargetPrefix = "AnyScaleFrontendService."

// action answers one call from its JSON.
type action func(ctx context.Context, body []byte) (any, error)

// take makes an action of a method that has a typed input. What the input has no field for is refused by name.
func take[In, Out any](do func(context.Context, In) (Out, error)) action {
	return func(ctx context.Context, body []byte) (any, error) {
		var in In
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
				return nil, unsupported("The member %.100s", name)
			}
			return nil, errorf(CodeSerialization, "%v", err)
		}
		return do(ctx, in)
	}
}

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"RegisterScalableTarget":    take(s.RegisterScalableTarget),
		"DeregisterScalableTarget":  take(s.DeregisterScalableTarget),
		"DescribeScalableTargets":   take(s.DescribeScalableTargets),
		"PutScalingPolicy":          take(s.PutScalingPolicy),
		"DeleteScalingPolicy":       take(s.DeleteScalingPolicy),
		"DescribeScalingPolicies":   take(s.DescribeScalingPolicies),
		"DescribeScalingActivities": take(s.DescribeScalingActivities),
	}
}

// ServeHTTP answers the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out, err := s.answer(w, r)
	if err != nil {
		status := http.StatusBadRequest
		var known *Error
		if !errors.As(err, &known) {
			s.cfg.Logger.Error("request failed", "target", r.Header.Get("X-Amz-Target"), "error", err)
			known, status = errorf(CodeInternal, "The sandbox could not do it; its log says why"), http.StatusInternalServerError
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": known.Code, "Message": known.Message})
		return
	}
	_ = json.NewEncoder(w).Encode(out) // the connection may be gone; then nobody is left to be told
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	target := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), TargetPrefix)
	do, ok := s.actions()[target]
	if !ok {
		return nil, errorf(CodeUnknownOperation, "The action %.100q is not supported by the sandbox", target)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		return nil, errorf(CodeSerialization, "The body could not be read, or has more than %d bytes", maxRequestBytes)
	}
	return do(r.Context(), body)
}
