package elb

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
)

// listener is a listener with its socket. Guarded by Service.mu.
type listener struct {
	Listener
	attributes  attributes
	certificate *tls.Certificate
	socket      net.Listener
	flows       int
}

// targetGroup is the ARN of what it forwards to.
func (l *listener) targetGroup() string { return l.DefaultActions[0].TargetGroupArn }

// close ends the socket; flows go on.
func (l *listener) close() { _ = l.socket.Close() }

// Listener is what the API shows of a listener.
type Listener struct {
	ListenerArn     string
	LoadBalancerArn string
	Port            int
	Protocol        string
	Certificates    []Certificate `xml:"Certificates>member,omitempty"`
	SslPolicy       string        `xml:",omitempty"`
	DefaultActions  []Action      `xml:"DefaultActions>member"`
	AlpnPolicy      []string      `xml:"AlpnPolicy>member,omitempty"`
}

// Certificate names a certificate.
type Certificate struct{ CertificateArn string }

// Action is what a listener does: it forwards.
type Action struct {
	Type           string
	TargetGroupArn string
}

// CreateListenerInput says what to make.
type CreateListenerInput struct {
	LoadBalancerArn string
	Port            int
	Protocol        string
	SslPolicy       string
	AlpnPolicy      []string
	Certificates    []Certificate
	DefaultActions  []Action
	Tags            []Tag
}

// ListenersOutput are listeners.
type ListenersOutput struct {
	Listeners  []Listener `xml:"Listeners>member"`
	NextMarker string     `xml:",omitempty"`
}

// CreateListener makes a listener and listens.
func (s *Service) CreateListener(ctx context.Context, in CreateListenerInput) (ListenersOutput, error) {
	wanted := Listener{
		LoadBalancerArn: in.LoadBalancerArn, Port: in.Port, Protocol: in.Protocol, Certificates: in.Certificates, SslPolicy: in.SslPolicy,
		DefaultActions: in.DefaultActions, AlpnPolicy: in.AlpnPolicy,
	}
	certificate, err := s.checkListener(ctx, &wanted)
	if err != nil {
		return ListenersOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lb := s.loadBalancers[in.LoadBalancerArn]
	if lb == nil {
		return ListenersOutput{}, noLoadBalancer()
	}
	if e := s.checkPlace(wanted); e != nil {
		return ListenersOutput{}, e
	}
	wanted.ListenerArn = s.arn("listener", FullName(in.LoadBalancerArn)+"/"+newID())
	l := &listener{Listener: wanted, attributes: defaults(listenerRules(wanted.Protocol)), certificate: certificate}
	if e := s.setTags(wanted.ListenerArn, in.Tags); e != nil {
		return ListenersOutput{}, e
	}
	if e := s.listen(ctx, l); e != nil {
		return ListenersOutput{}, e
	}
	s.listeners[wanted.ListenerArn] = l
	s.attach()
	return ListenersOutput{Listeners: []Listener{l.Listener}}, nil
}

// checkPlace holds to what one listener allows another; s.mu is held.
func (s *Service) checkPlace(wanted Listener) *Error {
	if s.closed {
		return errorf(CodeInternal, "The sandbox is stopping")
	}
	of := 0
	for arn, l := range s.listeners {
		if l.LoadBalancerArn != wanted.LoadBalancerArn {
			continue
		}
		if of++; l.Port == wanted.Port && arn != wanted.ListenerArn {
			return errorf(CodeDuplicateListener, "A listener already exists on this port for this load balancer '%s'", wanted.LoadBalancerArn)
		}
	}
	if of >= MaxListeners && wanted.ListenerArn == "" {
		return errorf(CodeTooManyListeners, "The maximum number of listeners of a load balancer is %d", MaxListeners)
	}
	g := s.targetGroups[wanted.DefaultActions[0].TargetGroupArn]
	if g == nil {
		return noTargetGroup()
	}
	if g.attached() && !slices.Contains(g.LoadBalancerArns, wanted.LoadBalancerArn) {
		return errorf(CodeAssociationLimit, "The following target groups cannot be associated with more than one load balancer: %s", g.TargetGroupArn)
	}
	return nil
}

// listen opens the socket of a listener and serves it; s.mu is held.
func (s *Service) listen(ctx context.Context, l *listener) *Error {
	address := net.JoinHostPort(s.loadBalancers[l.LoadBalancerArn].DNSName, strconv.Itoa(l.Port))
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return errorf(CodeInvalidConfiguration, "The sandbox cannot listen for this load balancer: %v. Choose a port that is free at that address, and above 1023 unless this user may take lower ones", err)
	}
	l.socket = socket
	s.spawn(func(ctx context.Context) { s.accept(ctx, l, socket) })
	return nil
}

// attach makes the state of targets follow from which groups listeners forward to; s.mu is held.
func (s *Service) attach() {
	for arn, g := range s.targetGroups {
		was := g.attached()
		g.LoadBalancerArns = nil
		for _, l := range s.listeners {
			if l.targetGroup() == arn && !slices.Contains(g.LoadBalancerArns, l.LoadBalancerArn) {
				g.LoadBalancerArns = append(g.LoadBalancerArns, l.LoadBalancerArn)
			}
		}
		for _, t := range g.targets {
			switch {
			case was == g.attached(), t.health.State == StateDraining:
			case was:
				t.stopChecks()
				t.health = notInUse()
			default:
				s.startChecks(g, t)
			}
		}
	}
	s.tellChanged()
}

// checkListener holds to the rules for a listener by itself, fills in defaults and returns its certificate.
func (s *Service) checkListener(ctx context.Context, l *Listener) (*tls.Certificate, error) {
	switch {
	case l.Protocol != "TCP" && l.Protocol != "TLS":
		return nil, errorf(CodeUnsupportedProtocol, "Protocol '%.20s' is not supported by the sandbox: it has TCP and TLS", l.Protocol)
	case l.Port < 1 || l.Port > 65535:
		return nil, invalid("Port '%d' must be between 1 and 65535", l.Port)
	case len(l.DefaultActions) != 1 || l.DefaultActions[0].Type != "forward":
		return nil, unsupported("Anything but one default action of type forward")
	case l.Protocol == "TCP" && (l.SslPolicy != "" || len(l.Certificates) > 0 || len(l.AlpnPolicy) > 0):
		return nil, errorf(CodeInvalidConfiguration, "Certificates, security policy and ALPN policy cannot be specified for TCP listeners")
	case l.Protocol == "TCP":
		return nil, nil //nolint:nilnil // it has none
	}
	return s.checkTLS(ctx, l)
}

func (s *Service) checkTLS(ctx context.Context, l *Listener) (*tls.Certificate, error) {
	if l.SslPolicy == "" {
		l.SslPolicy = defaultPolicy
	}
	if _, ok := tlsVersions(l.SslPolicy); !ok {
		return nil, errorf(CodePolicyNotFound, "SSL policy '%.80s' not found", l.SslPolicy)
	}
	if len(l.Certificates) != 1 {
		return nil, errorf(CodeInvalidConfiguration, "Exactly one certificate must be specified for TLS listeners")
	}
	if len(l.AlpnPolicy) > 1 || len(l.AlpnPolicy) == 1 && !isALPNPolicy(l.AlpnPolicy[0]) {
		return nil, errorf(CodeInvalidConfiguration, "ALPN policy must be one of None, HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred")
	}
	arn := l.Certificates[0].CertificateArn
	if s.cfg.Certificates == nil {
		return nil, errorf(CodeCertificateNotFound, "Certificate '%.200s' not found", arn)
	}
	certificate, ok, err := s.cfg.Certificates.Certificate(ctx, arn)
	switch {
	case err != nil:
		return nil, fmt.Errorf("certificate %s: %w", arn, err)
	case !ok:
		return nil, errorf(CodeCertificateNotFound, "Certificate '%.200s' not found", arn)
	}
	return certificate, nil
}
