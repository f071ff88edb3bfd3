package elb

import "context"

// ModifyListenerInput names a listener and what to change; what is empty stays.
type ModifyListenerInput struct {
	ListenerArn    string
	Port           int
	Protocol       string
	SslPolicy      string
	AlpnPolicy     []string
	Certificates   []Certificate
	DefaultActions []Action
}

// ModifyListener changes a listener; flows that there are go on.
func (s *Service) ModifyListener(ctx context.Context, in ModifyListenerInput) (ListenersOutput, error) {
	wanted, err := s.mergedListener(in)
	if err != nil {
		return ListenersOutput{}, err
	}
	certificate, err := s.checkListener(ctx, &wanted)
	if err != nil {
		return ListenersOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listeners[in.ListenerArn]
	if l == nil {
		return ListenersOutput{}, noListener()
	}
	if e := s.checkPlace(wanted); e != nil {
		return ListenersOutput{}, e
	}
	next := &listener{Listener: wanted, attributes: l.attributes, certificate: certificate, socket: l.socket}
	if wanted.Protocol != l.Protocol {
		next.attributes = defaults(listenerRules(wanted.Protocol))
	}
	if wanted.Port != l.Port {
		if e := s.listen(ctx, next); e != nil {
			return ListenersOutput{}, e
		}
		l.close()
	}
	next.flows = l.flows
	*l = *next
	s.attach()
	return ListenersOutput{Listeners: []Listener{l.Listener}}, nil
}

// mergedListener is a listener as it will be.
func (s *Service) mergedListener(in ModifyListenerInput) (Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listeners[in.ListenerArn]
	if l == nil {
		return Listener{}, noListener()
	}
	out := l.Listener
	if in.Port != 0 {
		out.Port = in.Port
	}
	if in.Protocol != "" && in.Protocol != out.Protocol {
		out.Protocol, out.Certificates, out.SslPolicy, out.AlpnPolicy = in.Protocol, nil, "", nil
	}
	if in.SslPolicy != "" {
		out.SslPolicy = in.SslPolicy
	}
	if in.Certificates != nil {
		out.Certificates = in.Certificates
	}
	if in.AlpnPolicy != nil {
		out.AlpnPolicy = in.AlpnPolicy
	}
	if in.DefaultActions != nil {
		out.DefaultActions = in.DefaultActions
	}
	return out, nil
}
