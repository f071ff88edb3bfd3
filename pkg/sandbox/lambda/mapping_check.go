package lambda

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// The limits of a mapping, as the API's model gives them.
const (
	maxBatchSize      = 10000
	maxWindow         = 300
	maxParallel       = 10
	maxRetries        = 10000
	maxRecordAge      = 604800
	maxTumblingWindow = 900
	maxPatternLength  = 4096
	maxDestinationARN = 350
)

// The limits of a mapping that only the documentation gives.
const (
	minRecordAge = 60
	// maxFilters is the quota of filters, which AWS raises to 10 on request.
	maxFilters = 5
)

var (
	arnExpr         = regexp.MustCompile(`^arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)$`)
	sourceExpr      = regexp.MustCompile(`^arn:aws[a-zA-Z0-9-]*:kinesis:[a-z0-9-]+:\d{12}:stream/[a-zA-Z0-9_.-]{1,128}(/consumer/[a-zA-Z0-9_.-]{1,128}:\d+)?$`)
	destinationExpr = regexp.MustCompile(`^arn:aws[a-zA-Z0-9-]*:(s3:::[a-z0-9.-]{3,63}|sqs:[a-z0-9-]+:\d{12}:.+|sns:[a-z0-9-]+:\d{12}:.+)$`)
)

// violations are what of a request the API's model forbids; they are told together.
type violations []string

func (v *violations) add(member string, value any, rule string) {
	*v = append(*v, fmt.Sprintf("Value '%v' at '%s' failed to satisfy constraint: Member must %s", value, member, rule))
}

// within forbids a number outside its range.
func (v *violations) within(member string, value, low, high int) {
	switch {
	case value < low:
		v.add(member, value, "have value greater than or equal to "+strconv.Itoa(low))
	case value > high:
		v.add(member, value, "have value less than or equal to "+strconv.Itoa(high))
	}
}

// err is the answer to a request with violations, or nil.
func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return errorf(codeValidation, "1 validation error detected: %s", v[0])
	default:
		return errorf(codeValidation, "%d validation errors detected: %s", len(v), strings.Join(v, "; "))
	}
}

// checkModel refuses what the API's model forbids, in its order.
func (c EventSourceMapping) checkModel(functionName string) error {
	var v violations
	if !arnExpr.MatchString(c.EventSourceArn) {
		v.add("eventSourceArn", c.EventSourceArn, "satisfy regular expression pattern: "+strings.Trim(arnExpr.String(), "^$"))
	}
	if functionName != "" && (len(functionName) > maxFunctionID || !nameExpr.MatchString(functionName)) {
		v.add("functionName", functionName, "satisfy regular expression pattern: "+namePattern)
	}
	v.within("batchSize", c.BatchSize, 1, maxBatchSize)
	for i, f := range c.FilterCriteria.filters() {
		if len(f.Pattern) > maxPatternLength {
			v.add(fmt.Sprintf("filterCriteria.filters.%d.member.pattern", i+1), f.Pattern, fmt.Sprintf("have length less than or equal to %d", maxPatternLength))
		}
	}
	v.within("maximumBatchingWindowInSeconds", c.MaximumBatchingWindowInSeconds, 0, maxWindow)
	v.within("parallelizationFactor", c.ParallelizationFactor, 1, maxParallel)
	switch eventsource.PositionKind(c.StartingPosition) {
	case "", eventsource.TrimHorizon, eventsource.Latest, eventsource.AtTimestamp:
	default:
		v.add("startingPosition", c.StartingPosition, "satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]")
	}
	if arn := c.DestinationConfig.OnFailure.Destination; len(arn) > maxDestinationARN || arn != "" && !arnExpr.MatchString(arn) {
		v.add("destinationConfig.onFailure.destination", arn, "satisfy regular expression pattern: ^$|"+strings.Trim(arnExpr.String(), "^$"))
	}
	v.within("maximumRecordAgeInSeconds", c.MaximumRecordAgeInSeconds, eventsource.Unlimited, maxRecordAge)
	v.within("maximumRetryAttempts", c.MaximumRetryAttempts, eventsource.Unlimited, maxRetries)
	v.within("tumblingWindowInSeconds", c.TumblingWindowInSeconds, 0, maxTumblingWindow)
	v.oneOf("functionResponseTypes", c.FunctionResponseTypes, reportBatchItemFailures)
	if c.MetricsConfig != nil {
		v.oneOf("metricsConfig.metrics", c.MetricsConfig.Metrics, metricEventCount)
	}
	return v.err()
}

// oneOf forbids a list that has more than one value, or another than the one that there is.
func (v *violations) oneOf(member string, list []string, only string) {
	if len(list) > 1 {
		v.add(member, list, "have length less than or equal to 1")
	}
	for _, value := range list {
		if value != only {
			v.add(member, list, "satisfy constraint: [Member must satisfy enum value set: ["+only+"]]")
			return
		}
	}
}

// checkMapping refuses what AWS would beyond the model.
func (s *Service) checkMapping(ctx context.Context, c EventSourceMapping) error {
	for _, e := range []*Error{s.checkSourceKind(c), s.checkStart(c), c.checkCombination()} {
		if e != nil {
			return e
		}
	}
	if len(c.FilterCriteria.filters()) > maxFilters {
		return errorf(codeInvalidValue, "Filter criteria exceeds maximum number of filters of %d", maxFilters)
	}
	if _, err := c.FilterCriteria.parse(); err != nil {
		s.cfg.Logger.Warn("filter criteria refused", "error", err) // AWS does not say what is wrong with it
		return errorf(codeInvalidValue, "Invalid filter pattern definition.")
	}
	return s.checkDestination(ctx, c.DestinationConfig.OnFailure.Destination)
}

func (s *Service) checkSourceKind(c EventSourceMapping) *Error {
	if !sourceExpr.MatchString(c.EventSourceArn) {
		return errorf(codeInvalidValue, "Unrecognized event source.")
	}
	if _, consumer := eventsource.StreamOf(c.EventSourceArn); consumer && s.cfg.FanOut == nil {
		return unsupported("A consumer with enhanced fan-out as event source")
	}
	return nil
}

// checkCombination refuses settings that exclude each other.
func (c EventSourceMapping) checkCombination() *Error {
	switch {
	case c.MaximumRecordAgeInSeconds >= 0 && c.MaximumRecordAgeInSeconds < minRecordAge:
		return errorf(codeInvalidValue, "MaximumRecordAgeInSeconds must be -1 or at least %d", minRecordAge)
	case c.TumblingWindowInSeconds > 0 && c.ParallelizationFactor > 1:
		return errorf(codeInvalidValue, "ParallelizationFactor must be 1 when TumblingWindowInSeconds is set")
	}
	return nil
}

// checkStart checks where to begin.
func (s *Service) checkStart(c EventSourceMapping) *Error {
	kind, at := eventsource.PositionKind(c.StartingPosition), c.StartingPositionTimestamp
	switch {
	case kind == "":
		return errorf(codeInvalidValue, "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.")
	case kind != eventsource.AtTimestamp && at != nil:
		return errorf(codeInvalidValue, "Timestamp only valid with StartingPosition AT_TIMESTAMP")
	case kind == eventsource.AtTimestamp && at == nil:
		return unreadable("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
	}
	if now := s.cfg.Clock(); at != nil && time.Time(*at).After(now) {
		return unreadable("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d",
			time.Time(*at).UnixMilli(), now.UnixMilli())
	}
	return nil
}

// unreadable is how Lambda passes on what Kinesis says when it tries to read the stream.
func unreadable(format string, args ...any) *Error {
	return errorf(codeInvalidValue, "Received Exception while reading from provided stream. "+format, args...)
}

func (s *Service) checkDestination(ctx context.Context, arn string) error {
	if arn == "" {
		return nil
	}
	if !destinationExpr.MatchString(arn) {
		return errorf(codeInvalidValue, "The provided destination config DestinationConfig is invalid: %s is not the ARN of a bucket, a queue or a topic", arn)
	}
	if err := s.cfg.Destinations.Check(ctx, arn); err != nil {
		return errorf(codeInvalidValue, "The provided destination config DestinationConfig is invalid: %v", err)
	}
	return nil
}

// checkSource refuses streams and consumers that do not exist, and mappings beyond the limit.
func (s *Service) checkSource(ctx context.Context, c EventSourceMapping) error {
	stream, consumer := eventsource.StreamOf(c.EventSourceArn)
	_, err := s.cfg.Streams.Shards(ctx, stream)
	if err == nil && consumer {
		err = s.cfg.FanOut.CheckConsumer(ctx, c.EventSourceArn)
	}
	if errors.Is(err, ErrNoSuchStream) {
		return errorf(codeInvalidValue, "Stream not found: %s", c.EventSourceArn)
	}
	if err != nil {
		return asError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mappings) >= maxMappings {
		return errorf(codeThrottled, "At most %d event source mappings are supported by the sandbox", maxMappings)
	}
	return nil
}

// checkPair refuses a mapping of a stream and a function that another mapping has.
func (s *Service) checkPair(c EventSourceMapping) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mappings {
		if old := m.snapshot(); old.UUID != c.UUID && old.EventSourceArn == c.EventSourceArn && old.FunctionArn == c.FunctionArn {
			_, function, _ := strings.Cut(c.FunctionArn, ":function:")
			// The blanks inside the quotes are AWS's.
			return errorf(codeConflict, `The event source arn (" %s ") and function (" %s ") provided mapping already exists. Please update or delete the existing mapping with UUID %s`,
				c.EventSourceArn, function, old.UUID)
		}
	}
	return nil
}
