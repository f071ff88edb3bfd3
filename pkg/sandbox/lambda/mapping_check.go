package lambda

import (
	"context"
	"regexp"
	"strconv"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// The limits of a mapping, as the API's model gives them.
const (
	maxBatchSize = 10000
	maxWindow    = 300
	maxParallel  = 10
	maxRetries   = 10000
	minRecordAge = 60
	maxRecordAge = 604800
)

var (
	arnExpr         = regexp.MustCompile(`^arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)$`)
	streamExpr      = regexp.MustCompile(`^arn:aws[a-zA-Z0-9-]*:kinesis:[a-z0-9-]+:\d{12}:stream/[a-zA-Z0-9_.-]{1,128}$`)
	destinationExpr = regexp.MustCompile(`^arn:aws[a-zA-Z0-9-]*:(s3:::[a-z0-9.-]{3,63}|sqs:[a-z0-9-]+:\d{12}:.+|sns:[a-z0-9-]+:\d{12}:.+)$`)
)

// within refuses a number outside its range.
func within(member string, value, low, high int) *Error {
	switch {
	case value < low:
		return constraint(member, value, "have value greater than or equal to "+strconv.Itoa(low))
	case value > high:
		return constraint(member, value, "have value less than or equal to "+strconv.Itoa(high))
	}
	return nil
}

// checkMapping refuses what AWS would, and what is not emulated by its name.
func (s *Service) checkMapping(ctx context.Context, c EventSourceMapping) error {
	for _, e := range []*Error{
		within("batchSize", c.BatchSize, 1, maxBatchSize),
		within("maximumBatchingWindowInSeconds", c.MaximumBatchingWindowInSeconds, 0, maxWindow),
		within("parallelizationFactor", c.ParallelizationFactor, 1, maxParallel),
		within("maximumRetryAttempts", c.MaximumRetryAttempts, eventsource.Unlimited, maxRetries),
		within("maximumRecordAgeInSeconds", c.MaximumRecordAgeInSeconds, eventsource.Unlimited, maxRecordAge),
		checkRecordAge(c.MaximumRecordAgeInSeconds),
		checkResponseTypes(c.FunctionResponseTypes),
		checkStart(c),
	} {
		if e != nil {
			return e
		}
	}
	return s.checkDestination(ctx, c.DestinationConfig.OnFailure.Destination)
}

func checkRecordAge(seconds int) *Error {
	if seconds >= 0 && seconds < minRecordAge {
		return errorf(codeInvalidValue, "MaximumRecordAgeInSeconds must be -1 or at least %d", minRecordAge)
	}
	return nil
}

func checkResponseTypes(types []string) *Error {
	if len(types) > 1 {
		return constraint("functionResponseTypes", types, "have length less than or equal to 1")
	}
	if len(types) == 1 && types[0] != reportBatchItemFailures {
		return constraint("functionResponseTypes", types, "satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]")
	}
	return nil
}

// checkStart checks the stream's ARN and where to begin.
func checkStart(c EventSourceMapping) *Error {
	if !arnExpr.MatchString(c.EventSourceArn) {
		return constraint("eventSourceArn", c.EventSourceArn, "satisfy regular expression pattern: "+arnExpr.String())
	}
	if !streamExpr.MatchString(c.EventSourceArn) {
		return errorf(codeInvalidValue, "Unrecognized event source.")
	}
	switch eventsource.PositionKind(c.StartingPosition) {
	case eventsource.TrimHorizon, eventsource.Latest:
		if c.StartingPositionTimestamp != nil {
			return errorf(codeInvalidValue, "StartingPositionTimestamp is only valid for AT_TIMESTAMP StartingPosition.")
		}
	case eventsource.AtTimestamp:
		if c.StartingPositionTimestamp == nil {
			return errorf(codeInvalidValue, "StartingPositionTimestamp is required for AT_TIMESTAMP StartingPosition.")
		}
	case "":
		return errorf(codeInvalidValue, "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.")
	default:
		return constraint("startingPosition", c.StartingPosition, "satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]")
	}
	return nil
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
