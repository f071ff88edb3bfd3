package elb

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

const (
	// APIVersion is the Version parameter of requests of this API.
	APIVersion   = "2015-12-01"
	xmlNamespace = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
)

// action answers one call with the structure that goes into its Result element.
type action func(ctx context.Context, form url.Values) (any, error)

// take makes an action of a method that has a typed input.
func take[In, Out any](do func(context.Context, In) (Out, error)) action {
	return func(ctx context.Context, form url.Values) (any, error) {
		var in In
		if e := readForm(form, &in); e != nil {
			return nil, e
		}
		return do(ctx, in)
	}
}

// tell makes an action of a method that answers nothing.
func tell[In any](do func(context.Context, In) error) action {
	return take(func(ctx context.Context, in In) (struct{}, error) { return struct{}{}, do(ctx, in) })
}

// actions is the table of actions.
func (s *Service) actions() map[string]action {
	return map[string]action{
		"CreateLoadBalancer":             take(s.CreateLoadBalancer),
		"DescribeLoadBalancers":          take(s.DescribeLoadBalancers),
		"DeleteLoadBalancer":             tell(s.DeleteLoadBalancer),
		"DescribeLoadBalancerAttributes": take(s.DescribeLoadBalancerAttributes),
		"ModifyLoadBalancerAttributes":   take(s.ModifyLoadBalancerAttributes),
		"SetSubnets":                     take(s.SetSubnets),
		"SetSecurityGroups":              take(s.SetSecurityGroups),
		"CreateTargetGroup":              take(s.CreateTargetGroup),
		"ModifyTargetGroup":              take(s.ModifyTargetGroup),
		"DescribeTargetGroups":           take(s.DescribeTargetGroups),
		"DeleteTargetGroup":              tell(s.DeleteTargetGroup),
		"DescribeTargetGroupAttributes":  take(s.DescribeTargetGroupAttributes),
		"ModifyTargetGroupAttributes":    take(s.ModifyTargetGroupAttributes),
		"CreateListener":                 take(s.CreateListener),
		"ModifyListener":                 take(s.ModifyListener),
		"DescribeListeners":              take(s.DescribeListeners),
		"DeleteListener":                 tell(s.DeleteListener),
		"DescribeListenerAttributes":     take(s.DescribeListenerAttributes),
		"ModifyListenerAttributes":       take(s.ModifyListenerAttributes),
		"RegisterTargets":                tell(s.RegisterTargets),
		"DeregisterTargets":              tell(s.DeregisterTargets),
		"DescribeTargetHealth":           take(s.DescribeTargetHealth),
		"AddTags":                        tell(s.AddTags),
		"RemoveTags":                     tell(s.RemoveTags),
		"DescribeTags":                   take(s.DescribeTags),
	}
}

// ServeHTTP answers one request of the query protocol.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("Content-Type", "text/xml")
	name, result, err := s.answer(w, r)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			s.cfg.Logger.Error("request failed", "action", name, "error", err)
			e = errorf(CodeInternal, "The sandbox could not do it; its log says why")
		}
		e.write(w, id)
		return
	}
	enc := xml.NewEncoder(w)
	outer := xml.StartElement{Name: xml.Name{Space: xmlNamespace, Local: name + "Response"}}
	_ = enc.EncodeToken(outer) // the connection may be gone; then nobody is left to be told
	_ = enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: name + "Result"}})
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
	result, err = do(r.Context(), r.Form)
	return name, result, err
}

// write sends the error as the protocol has it.
func (e *Error) write(w http.ResponseWriter, requestID string) {
	type body struct{ Type, Code, Message string }
	w.WriteHeader(statusOf(e.Code))
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName   xml.Name `xml:"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/ ErrorResponse"`
		Error     body
		RequestId string
	}{Error: body{"Sender", e.Code, e.Message}, RequestId: requestID})
}
