package sns

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

const (
	// APIVersion is the Version parameter of requests of this API.
	APIVersion   = "2010-03-31"
	xmlNamespace = "http://sns.amazonaws.com/doc/2010-03-31/"
)

// action answers one call with the structure that goes into its Result element; nil means that it has none.
type action func(ctx context.Context, form url.Values) (any, error)

// ServeHTTP answers one request of the query protocol.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("Content-Type", "text/xml")
	name, result, err := s.answer(w, r)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = invalid("%v", err)
		}
		e.write(w, id)
		return
	}
	enc := xml.NewEncoder(w)
	outer := xml.StartElement{Name: xml.Name{Space: xmlNamespace, Local: name + "Response"}}
	_ = enc.EncodeToken(outer) // the connection may be gone; then nobody is left to be told
	if result != nil {
		_ = enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: name + "Result"}})
	}
	_ = enc.EncodeElement(struct{ RequestId string }{id}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	_ = enc.EncodeToken(outer.End())
	_ = enc.Flush()
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (name string, result any, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	if err := r.ParseForm(); err != nil {
		return "", nil, errorf(CodeMalformed, "The request is no valid form of at most %d bytes", maxRequestBytes)
	}
	name = r.Form.Get("Action")
	do, ok := s.actions()[name]
	if !ok {
		return "", nil, errorf(CodeInvalidAction, "The action %.100q is not supported by the sandbox", name)
	}
	for key := range r.Form {
		if part, _, _ := strings.Cut(key, "."); slices.Contains([]string{"Tags", "MessageAttributes", "MessageStructure", "PhoneNumber", "MessageGroupId", "DataProtectionPolicy"}, part) {
			return "", nil, unsupported(part)
		}
	}
	result, err = do(r.Context(), r.Form)
	return name, result, err
}

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"CreateTopic": func(ctx context.Context, f url.Values) (any, error) {
			arn, err := s.CreateTopic(ctx, f.Get("Name"), entries(f))
			return struct{ TopicArn string }{arn}, err
		},
		"DeleteTopic": func(ctx context.Context, f url.Values) (any, error) {
			return nil, s.DeleteTopic(ctx, f.Get("TopicArn"))
		},
		"ListTopics":         s.serveListTopics,
		"GetTopicAttributes": withAttributes(s.GetTopicAttributes, "TopicArn"),
		"SetTopicAttributes": func(ctx context.Context, f url.Values) (any, error) {
			return nil, s.SetTopicAttributes(ctx, f.Get("TopicArn"), f.Get("AttributeName"), f.Get("AttributeValue"))
		},
		"Subscribe": func(ctx context.Context, f url.Values) (any, error) {
			arn, err := s.Subscribe(ctx, SubscribeInput{f.Get("TopicArn"), f.Get("Protocol"), f.Get("Endpoint"), entries(f)})
			return struct{ SubscriptionArn string }{arn}, err
		},
		"Unsubscribe": func(ctx context.Context, f url.Values) (any, error) {
			return nil, s.Unsubscribe(ctx, f.Get("SubscriptionArn"))
		},
		"ListSubscriptions":         s.serveListSubscriptions,
		"ListSubscriptionsByTopic":  s.serveListSubscriptions,
		"GetSubscriptionAttributes": withAttributes(s.GetSubscriptionAttributes, "SubscriptionArn"),
		"SetSubscriptionAttributes": func(ctx context.Context, f url.Values) (any, error) {
			return nil, s.SetSubscriptionAttributes(ctx, f.Get("SubscriptionArn"), f.Get("AttributeName"), f.Get("AttributeValue"))
		},
		"Publish": s.servePublish,
	}
}

func (s *Service) servePublish(ctx context.Context, f url.Values) (any, error) {
	arn := f.Get("TopicArn")
	if arn == "" {
		arn = f.Get("TargetArn")
	}
	id, err := s.Publish(ctx, arn, f.Get("Subject"), f.Get("Message"))
	return struct{ MessageId string }{id}, err
}

func (s *Service) serveListTopics(ctx context.Context, f url.Values) (any, error) {
	type member struct{ TopicArn string }
	arns, next, err := s.ListTopics(ctx, f.Get("NextToken"))
	var out struct {
		Topics    []member `xml:"Topics>member"`
		NextToken string   `xml:",omitempty"`
	}
	out.NextToken = next
	for _, arn := range arns {
		out.Topics = append(out.Topics, member{arn})
	}
	return out, err
}

func (s *Service) serveListSubscriptions(ctx context.Context, f url.Values) (any, error) {
	if f.Get("Action") == "ListSubscriptionsByTopic" && f.Get("TopicArn") == "" {
		return nil, invalid("TopicArn")
	}
	subs, next, err := s.ListSubscriptions(ctx, f.Get("TopicArn"), f.Get("NextToken"))
	return struct {
		Subscriptions []Subscription `xml:"Subscriptions>member"`
		NextToken     string         `xml:",omitempty"`
	}{subs, next}, err
}

// withAttributes answers the attributes of what a parameter names.
func withAttributes(get func(context.Context, string) (map[string]string, error), parameter string) action {
	type entry struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	return func(ctx context.Context, f url.Values) (any, error) {
		all, err := get(ctx, f.Get(parameter))
		var out struct {
			Attributes []entry `xml:"Attributes>entry"`
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			out.Attributes = append(out.Attributes, entry{name, all[name]})
		}
		return out, err
	}
}

// entries reads the map Attributes of a form: Attributes.entry.N.key and .value, from 1 on.
func entries(f url.Values) map[string]string {
	out := map[string]string{}
	for i := 1; f.Has(fmt.Sprintf("Attributes.entry.%d.key", i)); i++ {
		out[f.Get(fmt.Sprintf("Attributes.entry.%d.key", i))] = f.Get(fmt.Sprintf("Attributes.entry.%d.value", i))
	}
	return out
}

// write sends the error as the protocol has it.
func (e *Error) write(w http.ResponseWriter, requestID string) {
	type body struct{ Type, Code, Message string }
	w.WriteHeader(statusOf(e.Code))
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
		Error     body
		RequestId string
	}{Error: body{"Sender", e.Code, e.Message}, RequestId: requestID})
}
