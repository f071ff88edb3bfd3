package gateway

import (
	"fmt"
	"math/bits"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/fanout"
	"github.com/spillway/spillway/pkg/topic"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// subscription is a checked request.
type subscription struct {
	fanout.Request
	batch     int
	heartbeat time.Duration
}

// check checks every field of a request, and then what the caller may read.
func (s *Server) check(req *spillwayv1.SubscribeRequest, id authn.Identity) (subscription, error) {
	var sub subscription
	var err error
	if n, most := len(req.GetPatterns()), s.cfg.Limits.Patterns; most >= 0 && n > most {
		return sub, invalid("patterns", fmt.Sprintf("there are %d, at most %d are allowed", n, most))
	}
	for i, text := range req.GetPatterns() {
		p, err := topic.Parse(text)
		if err != nil {
			return sub, invalid(fmt.Sprintf("patterns[%d]", i), err.Error())
		}
		sub.Patterns = append(sub.Patterns, p)
	}
	if sub.Start, err = s.checkStart(req, id); err != nil {
		return sub, err
	}
	if text := req.GetFilter(); text != "" {
		if sub.Filter, err = s.filters.compile(text); err != nil {
			return sub, invalid("filter", err.Error())
		}
	}
	if err := s.limit(&sub, req.GetLimits()); err != nil {
		return sub, err
	}
	grants, err := s.grants(id)
	if err != nil {
		return sub, err
	}
	sub.Patterns, sub.Rules, err = entitled(sub.Patterns, grants)
	return sub, err
}

func (s *Server) checkStart(req *spillwayv1.SubscribeRequest, id authn.Identity) (fanout.Start, error) {
	switch start := req.GetStart().(type) {
	case *spillwayv1.SubscribeRequest_Origin:
		switch start.Origin {
		case spillwayv1.Origin_ORIGIN_UNSPECIFIED, spillwayv1.Origin_ORIGIN_LATEST:
			return fanout.Start{}, nil
		case spillwayv1.Origin_ORIGIN_EARLIEST:
			return fanout.Start{Earliest: true}, nil
		}
		return fanout.Start{}, invalid("origin", fmt.Sprintf("%d is none", start.Origin))
	case *spillwayv1.SubscribeRequest_Time:
		if err := start.Time.CheckValid(); err != nil {
			return fanout.Start{}, invalid("time", err.Error())
		}
		if t := start.Time.AsTime(); t.Unix() > 0 {
			return fanout.Start{Time: t}, nil
		}
		return fanout.Start{}, invalid("time", "must be after 1970-01-01T00:00:00Z")
	case *spillwayv1.SubscribeRequest_Cursor:
		c, err := s.cfg.Hub.ParseCursor(id.ClientID, start.Cursor.GetBase(), start.Cursor.GetStep())
		if err != nil {
			return fanout.Start{}, invalid("cursor", err.Error())
		}
		return fanout.Start{Cursor: &c}, nil
	}
	return fanout.Start{}, nil
}

// limit sets the limits of a subscription to what the subscriber's wishes come to.
func (s *Server) limit(sub *subscription, wish *spillwayv1.Limits) error {
	sub.batch, sub.heartbeat, sub.MaxEventBytes = DefaultMaxBatchBytes, s.cfg.HeartbeatInterval, min(DefaultMaxEventBytes, s.cfg.MaxEventBytes)
	if n := wish.GetMaxBatchBytes(); n > 0 {
		sub.batch = int(min(n, MaxBatchBytes))
	}
	if n := wish.GetMaxEventBytes(); n > 0 {
		if n < MinMaxEventBytes {
			return invalid("limits.max_event_bytes", fmt.Sprintf("is %d, must be at least %d", n, MinMaxEventBytes))
		}
		sub.MaxEventBytes = min(coarse(n), s.cfg.MaxEventBytes)
		if int64(n) >= int64(s.cfg.MaxEventBytes) {
			sub.MaxEventBytes = s.cfg.MaxEventBytes
		}
	}
	if d := wish.GetHeartbeatInterval(); d != nil {
		switch {
		case d.CheckValid() != nil || d.AsDuration() < 0:
			return invalid("limits.heartbeat_interval", "must be a duration that is not negative")
		case d.AsDuration() > 0:
			sub.heartbeat = max(MinHeartbeatInterval, min(d.AsDuration(), sub.heartbeat))
		}
	}
	return nil
}

// filtered is what the subscriber has evaluated.
func (sub *subscription) filtered() filtered {
	if sub.Filter == nil {
		return filtered{}
	}
	return filtered{view: fmt.Sprint(texts(sub.Patterns), sub.MaxEventBytes, sub.Filter), cost: max(1, int(sub.Filter.Cost()))}
}

// coarse rounds a number down to three significant bits: subscriptions that differ in
// their limits only a little share a view.
func coarse(n uint32) int {
	drop := max(bits.Len32(n)-3, 0)
	return int(n >> drop << drop)
}

// limits are the subscription's as the API has them.
func (sub *subscription) limits() *spillwayv1.Limits {
	return &spillwayv1.Limits{
		MaxBatchBytes: uint32(sub.batch), MaxEventBytes: uint32(sub.MaxEventBytes), HeartbeatInterval: durationpb.New(sub.heartbeat),
	}
}

// quoted lists patterns for a message.
func quoted(ps []topic.Pattern) string { return fmt.Sprintf("%q", texts(ps)) }

func texts(ps []topic.Pattern) []string {
	list := make([]string, len(ps))
	for i, p := range ps {
		list[i] = p.String()
	}
	return list
}
