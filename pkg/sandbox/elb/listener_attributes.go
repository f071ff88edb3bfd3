package elb

import (
	"context"
	"strconv"
	"time"
)

const idleTimeout = "tcp.idle_timeout.seconds"

// listenerRules are those of a listener of that protocol: the idle timeout of TLS cannot be changed.
func listenerRules(protocol string) map[string]attributeRule {
	if protocol == "TLS" {
		return nil
	}
	return map[string]attributeRule{idleTimeout: {value: strconv.Itoa(int(DefaultIdleTimeout / time.Second)), min: 60, max: 6000}}
}

// idle is after what time without data a flow is forgotten.
func (l *listener) idle() time.Duration {
	if n := l.attributes.number(idleTimeout); n > 0 {
		return time.Duration(n) * time.Second
	}
	return DefaultIdleTimeout
}

// ListenerAttributesInput names a listener and the attributes to set.
type ListenerAttributesInput struct {
	ListenerArn string
	Attributes  []Attribute
}

// ModifyListenerAttributes sets attributes of a listener; they hold for new flows.
func (s *Service) ModifyListenerAttributes(_ context.Context, in ListenerAttributesInput) (AttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listeners[in.ListenerArn]
	if l == nil {
		return AttributesOutput{}, noListener()
	}
	set, e := l.attributes.with(in.Attributes, listenerRules(l.Protocol))
	if e != nil {
		return AttributesOutput{}, e
	}
	l.attributes = set
	return AttributesOutput{set.list()}, nil
}

// DescribeListenerAttributes tells all attributes of a listener.
func (s *Service) DescribeListenerAttributes(_ context.Context, in struct{ ListenerArn string }) (AttributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listeners[in.ListenerArn]
	if l == nil {
		return AttributesOutput{}, noListener()
	}
	return AttributesOutput{l.attributes.list()}, nil
}
