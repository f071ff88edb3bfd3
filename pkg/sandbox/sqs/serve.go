package sqs

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
const TargetPrefix = "AmazonSQS."

// contentType is that of AWS JSON 1.0.
const contentType = "application/x-amz-json-1.0"

// ServeHTTP answers the API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	out, err := s.answer(w, r)
	w.Header().Set("Content-Type", contentType)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = errorf(CodeInvalidParameter, "%v", err)
		}
		e.write(w)
		return
	}
	_ = json.NewEncoder(w).Encode(out) // the connection may be gone; then nobody is left to be told
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	target, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), TargetPrefix)
	if !ok {
		return nil, errorf(CodeUnsupported, "The sandbox speaks the JSON protocol of SQS only, with a header X-Amz-Target: %sAction.", TargetPrefix)
	}
	action, ok := s.actions()[target]
	if !ok {
		return nil, errorf(CodeUnknownOperation, "The action %s is not supported by the sandbox.", target)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		return nil, errorf(CodeInvalidParameter, "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", MaxMessageBytes)
	}
	return action(r.Context(), body)
}

// action answers one call from its JSON.
type action func(ctx context.Context, body []byte) (any, error)

// nothing is the answer of actions that answer nothing.
type nothing struct{}

// take makes an action of a function that has a typed input. Members of the list that are set are refused by name.
func take[In any](f func(context.Context, In) (any, error), refused ...string) action {
	return func(ctx context.Context, body []byte) (any, error) {
		var in In
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, errorf(CodeSerialization, "The body is no JSON object.")
		}
		for _, name := range refused {
			if isSet(members[name]) {
				return nil, errorf(CodeUnsupported, "%s is not supported by the sandbox.", name)
			}
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errorf(CodeSerialization, "%v", err)
		}
		return f(ctx, in)
	}
}

func isSet(value json.RawMessage) bool {
	return !slices.Contains([]string{"", "null", `""`, "{}", "[]"}, string(value))
}

// target are the members that say what an action is about.
type target struct {
	QueueUrl, ReceiptHandle           string
	QueueName, QueueOwnerAWSAccountId string
	VisibilityTimeout                 *int
	AttributeNames                    []string
	Attributes                        map[string]string
}

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"CreateQueue": take(func(ctx context.Context, in CreateQueueInput) (any, error) { return s.CreateQueue(ctx, in) }, "tags"),
		"GetQueueUrl": take(func(ctx context.Context, in target) (any, error) {
			return s.GetQueueURL(ctx, in.QueueName, in.QueueOwnerAWSAccountId)
		}),
		"ListQueues": take(func(ctx context.Context, in ListQueuesInput) (any, error) { return s.ListQueues(ctx, in) }),
		"GetQueueAttributes": take(func(ctx context.Context, in target) (any, error) {
			out, err := s.GetQueueAttributes(ctx, in.QueueUrl, in.AttributeNames)
			return map[string]any{"Attributes": out}, err
		}),
		"SetQueueAttributes": take(func(ctx context.Context, in target) (any, error) {
			return nothing{}, s.SetQueueAttributes(ctx, in.QueueUrl, in.Attributes)
		}),
		"DeleteQueue": take(func(ctx context.Context, in target) (any, error) { return nothing{}, s.DeleteQueue(ctx, in.QueueUrl) }),
		"PurgeQueue":  take(func(ctx context.Context, in target) (any, error) { return nothing{}, s.PurgeQueue(ctx, in.QueueUrl) }),
		"SendMessage": take(func(ctx context.Context, in SendMessageInput) (any, error) { return s.SendMessage(ctx, in) },
			"MessageAttributes", "MessageSystemAttributes", "MessageGroupId", "MessageDeduplicationId"),
		"ReceiveMessage": take(func(ctx context.Context, in ReceiveMessageInput) (any, error) {
			out, err := s.ReceiveMessage(ctx, in)
			if len(out) == 0 {
				return nothing{}, err
			}
			return map[string]any{"Messages": out}, err
		}, "ReceiveRequestAttemptId"),
		"DeleteMessage": take(func(ctx context.Context, in target) (any, error) {
			return nothing{}, s.DeleteMessage(ctx, in.QueueUrl, in.ReceiptHandle)
		}),
		"ChangeMessageVisibility": take(func(ctx context.Context, in target) (any, error) {
			return nothing{}, s.ChangeMessageVisibility(ctx, in.QueueUrl, in.ReceiptHandle, in.VisibilityTimeout)
		}),
	}
}

// write sends the error as the protocol has it.
func (e *Error) write(w http.ResponseWriter) {
	k := kindOf(e.Code)
	w.Header().Set("X-Amzn-Query-Error", k.query+";Sender")
	w.WriteHeader(k.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": k.namespace + e.Code, "message": e.Message})
}
