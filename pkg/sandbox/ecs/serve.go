package ecs

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
const TargetPrefix = "AmazonEC2ContainerServiceV20141113."

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
func (e *Emulator) actions() map[string]action {
	return map[string]action{
		"CreateCluster":              take(e.CreateCluster),
		"DescribeClusters":           take(e.DescribeClusters),
		"ListClusters":               take(e.ListClusters),
		"DeleteCluster":              take(e.DeleteCluster),
		"UpdateClusterSettings":      take(e.UpdateClusterSettings),
		"RegisterTaskDefinition":     take(e.RegisterTaskDefinition),
		"DeregisterTaskDefinition":   take(e.DeregisterTaskDefinition),
		"DescribeTaskDefinition":     take(e.DescribeTaskDefinition),
		"ListTaskDefinitions":        take(e.ListTaskDefinitions),
		"ListTaskDefinitionFamilies": take(e.ListTaskDefinitionFamilies),
		"CreateService":              take(e.CreateService),
		"UpdateService":              take(e.UpdateService),
		"DescribeServices":           take(e.DescribeServices),
		"ListServices":               take(e.ListServices),
		"DeleteService":              take(e.DeleteService),
		"RunTask":                    take(e.RunTask),
		"StopTask":                   take(e.StopTask),
		"DescribeTasks":              take(e.DescribeTasks),
		"ListTasks":                  take(e.ListTasks),
	}
}

// ServeHTTP answers the API, and below MetadataPrefix the containers that ask about themselves.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, MetadataPrefix) {
		e.serveMetadata(w, r)
		return
	}
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out, err := e.answer(w, r)
	if err != nil {
		var known *Error
		if !errors.As(err, &known) {
			e.cfg.Logger.Error("request failed", "target", r.Header.Get("X-Amz-Target"), "error", err)
			known = errorf(CodeServer, "The sandbox could not do it; its log says why.")
		}
		w.WriteHeader(statusOf(known.Code))
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": known.Code, "message": known.Message})
		return
	}
	_ = json.NewEncoder(w).Encode(out) // the connection may be gone; then nobody is left to be told
}

func (e *Emulator) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	target := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), TargetPrefix)
	do, ok := e.actions()[target]
	if !ok {
		return nil, errorf(CodeUnknownOperation, "The action %.100q is not supported by the sandbox.", target)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		return nil, errorf(CodeSerialization, "The body could not be read, or has more than %d bytes.", maxRequestBytes)
	}
	return do(r.Context(), body)
}
