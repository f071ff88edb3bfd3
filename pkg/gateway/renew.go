package gateway

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spillway/spillway/pkg/authn"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// Renew implements spillwayv1.StreamServiceServer.
func (s *Server) Renew(ctx context.Context, req *spillwayv1.RenewRequest) (*spillwayv1.RenewResponse, error) {
	id := identity(ctx)
	p := s.guard.find(id.ClientID, req.GetStreamId())
	if p == nil {
		return nil, status.Error(codes.NotFound, "this client has no such stream on this gateway: it has ended, or is elsewhere")
	}
	if err := s.mayRead(&id, p); err != nil {
		return nil, toStatus(err)
	}
	until := p.renew(&id)
	s.cfg.Metrics.renewals.Inc()
	s.cfg.Logger.Info("stream renewed", "client_id", id.ClientID, "jti", id.TokenID)
	return &spillwayv1.RenewResponse{TokenExpiresAt: timestamppb.New(until.Expires)}, nil
}

// mayRead tells whether a token lets its holder read what a stream reads.
func (s *Server) mayRead(id *authn.Identity, p *pump) error {
	grants, err := s.grants(*id)
	if err != nil {
		return err
	}
	_, rules, err := entitled(p.want.Patterns, grants)
	if err == nil && !admits(rules, p.want.Rules) {
		err = status.Error(codes.PermissionDenied, "the grants do not cover any more what this stream reads: subscribe again")
	}
	return err
}

// renew has the stream live by a token, unless the one that it has lives longer. It
// returns the one in force.
func (p *pump) renew(id *authn.Identity) *authn.Identity {
	for {
		old := p.token.Load()
		if !id.Expires.After(old.Expires) {
			return old
		}
		if p.token.CompareAndSwap(old, id) {
			return id
		}
	}
}

// nudge puts something into a channel of capacity one, unless it is full.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
