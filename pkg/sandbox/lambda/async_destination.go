package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// How the handling of an event ends; the guide "Capturing records of Lambda asynchronous invocations" names them.
const (
	conditionSuccess = "Success"
	conditionRetries = "RetriesExhausted"
	conditionAge     = "EventAgeExceeded"
)

// asyncEnd is an event whose handling has ended.
type asyncEnd struct {
	in        InvokeInput
	condition string
	count     int          // of invocations
	out       InvokeOutput // of the last one
}

// asyncRecord is the document that a destination gets.
type asyncRecord struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  asyncRequest     `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *asyncResponse   `json:"responseContext,omitempty"`
	ResponsePayload *json.RawMessage `json:"responsePayload,omitempty"`
}

type asyncRequest struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"`
	Condition   string `json:"condition"`
	InvokeCount int    `json:"approximateInvokeCount"`
}

type asyncResponse struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// record is what a destination gets of an event; arn is the function's, with its qualifier.
func (e asyncEnd) record(arn string, now time.Time) ([]byte, error) {
	doc := asyncRecord{
		Version: "1.0", Timestamp: now.UTC().Format("2006-01-02T15:04:05.000Z"),
		RequestContext: asyncRequest{e.in.requestID, arn, e.condition, e.count}, RequestPayload: e.in.Payload,
	}
	if e.count > 0 {
		payload := json.RawMessage(e.out.Payload)
		if !json.Valid(payload) { // what a function streamed, or an empty answer
			payload, _ = json.Marshal(string(e.out.Payload))
		}
		doc.ResponsePayload = &payload
		doc.ResponseContext = &asyncResponse{http.StatusOK, e.out.ExecutedVersion, e.out.FunctionError}
	}
	return json.Marshal(doc)
}

// tell sends an event whose handling has ended to its destination, if it has one.
func (q *asyncQueue) tell(p asyncPolicy, e asyncEnd) {
	to := p.config.DestinationConfig.OnFailure.Destination
	if e.condition == conditionSuccess {
		to = p.config.DestinationConfig.OnSuccess.Destination
	}
	switch {
	case to != "":
		if err := q.service.sendRecord(to, p.config.FunctionArn, e); err != nil {
			q.dropped(e.in, fmt.Sprintf("its destination did not take it: %v", err))
		}
	case e.condition != conditionSuccess:
		q.dropped(e.in, e.condition)
	}
}

func (s *Service) sendRecord(to, arn string, e asyncEnd) error {
	now := s.cfg.Clock()
	body, err := e.record(arn, now)
	if err != nil {
		return err
	}
	if strings.HasPrefix(to, functionPrefix) {
		return s.async.add(InvokeInput{FunctionName: to, Type: Event, Payload: body, requestID: uuid.NewString()})
	}
	id, parsed := s.parseName(arn)
	if parsed != nil {
		return parsed
	}
	key := strings.Join([]string{
		"aws/lambda/async", id.name, now.UTC().Format("2006/01/02"), now.UTC().Format("2006-01-02T15.04.05") + "-" + uuid.NewString(),
	}, "/")
	return s.cfg.Destinations.Send(context.Background(), to, eventsource.Message{Key: key, Body: body})
}
