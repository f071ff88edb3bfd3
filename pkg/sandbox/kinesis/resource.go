package kinesis

import (
	"strings"
	"time"
)

// resource is what the operations on resource ARNs read and change: what a
// stream and a consumer have in common.
type resource struct {
	label  string // for messages
	tags   map[string]string
	policy string
}

// resource finds a stream or a consumer by its ARN.
func (s *Service) resource(arn string) (resource, error) {
	if strings.Contains(arn, consumerMark) {
		_, c, err := s.consumer(consumerID{arn: arn})
		if err != nil {
			return resource{}, err
		}
		return resource{"consumer " + c.name, c.tags, c.policy}, nil
	}
	st, err := s.stream("", arn)
	if err != nil {
		return resource{}, err
	}
	state := st.state.Load()
	return resource{"stream " + st.name, state.tags, state.policy}, nil
}

// changeResource lets f change a stream or a consumer that is ACTIVE, or a stream that is UPDATING.
func (s *Service) changeResource(arn string, f func(*resource) error) error {
	if strings.Contains(arn, consumerMark) {
		return s.changeConsumer(consumerID{arn: arn}, func(st *stream, c *consumer, now time.Time) error {
			if c.status(now) != StatusActive {
				return s.errConsumerInactive(c, st.name)
			}
			r := resource{"consumer " + c.name, c.tags, c.policy}
			err := f(&r)
			c.tags, c.policy = r.tags, r.policy
			return err
		})
	}
	return s.change("", arn, func(st *stream, now time.Time) (streamState, error) {
		next := *st.state.Load()
		if !next.live(now) {
			return streamState{}, s.errNotActive(st.name, next.status(now))
		}
		r := resource{"stream " + st.name, next.tags, next.policy}
		err := f(&r)
		next.tags, next.policy = r.tags, r.policy
		return next, err
	})
}
