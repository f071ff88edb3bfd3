package kinesis

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxConsumers is how many consumers a stream may have.
	maxConsumers = 20
	// maxConsumersCommitted is that of an account with a minimum throughput commitment.
	maxConsumersCommitted = 50
	// maxConsumersCreating is how many consumers of a stream may be CREATING at once.
	maxConsumersCreating = 5
)

// consumer is a registered consumer of a stream: it gets records by
// SubscribeToShard. It never changes but for its subscriptions: the state of the
// stream gets another in its place.
type consumer struct {
	name, arn string
	created   time.Time
	// phase is the status until settles; then it is ACTIVE, or the consumer is gone.
	phase   string
	settles time.Time
	tags    map[string]string
	policy  string
	subs    *subscriptions
}

func (c *consumer) status(now time.Time) string {
	if c.phase != StatusDeleting && !now.Before(c.settles) {
		return StatusActive
	}
	return c.phase
}

func (c *consumer) gone(now time.Time) bool {
	return c.phase == StatusDeleting && !now.Before(c.settles)
}

// liveConsumers gives the consumers that are not gone.
func (t *streamState) liveConsumers(now time.Time) []*consumer {
	return slices.DeleteFunc(slices.Clone(t.consumers), func(c *consumer) bool { return c.gone(now) })
}

// consumer finds a consumer by its name, or by its ARN.
func (t *streamState) consumer(now time.Time, name, arn string) (*consumer, bool) {
	for _, c := range t.consumers {
		if !c.gone(now) && (name == "" || c.name == name) && (arn == "" || c.arn == arn) {
			return c, true
		}
	}
	return nil, false
}

// withConsumer gives the consumers with next in the place of old, or at the end if old is nil.
func (t *streamState) withConsumer(old, next *consumer, now time.Time) []*consumer {
	all := t.liveConsumers(now)
	if i := slices.Index(all, old); i >= 0 {
		all[i] = next
		return all
	}
	return append(all, next)
}

const consumerMark = "/consumer/"

func consumerARN(streamARN, name string, created time.Time) string {
	return streamARN + consumerMark + name + ":" + strconv.FormatInt(created.Unix(), 10)
}

// consumerID says which consumer a request means: by the ARN, or by stream and name.
type consumerID struct{ streamARN, name, arn string }

// stream gives the ARN of the consumer's stream.
func (id consumerID) stream() (string, error) {
	switch streamARN, _, ok := strings.Cut(id.arn, consumerMark); {
	case id.arn == "" && (id.streamARN == "" || id.name == ""):
		return "", fault(CodeInvalidArgument, "Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
	case id.arn == "":
		return id.streamARN, nil
	case !ok:
		return "", fault(CodeInvalidArgument, "ConsumerARN %s is not the ARN of a consumer.", id.arn)
	case id.streamARN != "" && id.streamARN != streamARN:
		return "", fault(CodeInvalidArgument, "ConsumerARN %s is not of the stream %s.", id.arn, id.streamARN)
	default:
		return streamARN, nil
	}
}

// label names the consumer in messages.
func (id consumerID) label() string {
	if id.name != "" {
		return id.name
	}
	return id.arn
}

// consumer finds a consumer and its stream.
func (s *Service) consumer(id consumerID) (*stream, *consumer, error) {
	arn, err := id.stream()
	if err != nil {
		return nil, nil, err
	}
	st, err := s.stream("", arn)
	if err != nil {
		return nil, nil, err
	}
	c, ok := st.state.Load().consumer(s.now(), id.name, id.arn)
	if !ok {
		return nil, nil, s.errNoConsumer(id.label())
	}
	return st, c, nil
}

// changeConsumer replaces a consumer by what f makes of a copy.
func (s *Service) changeConsumer(id consumerID, f func(st *stream, c *consumer, now time.Time) error) error {
	arn, err := id.stream()
	if err != nil {
		return err
	}
	return s.change("", arn, func(st *stream, now time.Time) (streamState, error) {
		state := *st.state.Load()
		c, ok := state.consumer(now, id.name, id.arn)
		if !ok {
			return streamState{}, s.errNoConsumer(id.label())
		}
		next := *c
		if err := f(st, &next, now); err != nil {
			return streamState{}, err
		}
		state.consumers = state.withConsumer(c, &next, now)
		return state, nil
	})
}

// errNoConsumer is how moto, whose tests run against AWS, words it.
func (s *Service) errNoConsumer(consumer string) *Error {
	return fault(CodeResourceNotFound, "Consumer %s, account %s not found.", consumer, s.cfg.AccountID)
}

// errConsumerInactive has the text that users saw (github.com/awslabs/kinesis-hot-shard-advisor/issues/37).
func (s *Service) errConsumerInactive(c *consumer, stream string) *Error {
	return fault(CodeResourceInUse, "Consumer %s with creation timestamp %d under stream: %s , account %s is not in ACTIVE status.",
		c.name, c.created.Unix(), stream, s.cfg.AccountID)
}

// Consumer describes a registered consumer.
type Consumer struct {
	ConsumerName              string
	ConsumerARN               string
	ConsumerStatus            string
	ConsumerCreationTimestamp Timestamp
}

func (c *consumer) describe(now time.Time) Consumer {
	return Consumer{c.name, c.arn, c.status(now), Timestamp{c.created.Truncate(time.Second)}}
}
