package kinesis

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// The codes of the errors that this service answers with.
const (
	CodeResourceNotFound   = "ResourceNotFoundException"
	CodeResourceInUse      = "ResourceInUseException"
	CodeInvalidArgument    = "InvalidArgumentException"
	CodeLimitExceeded      = "LimitExceededException"
	CodeThroughputExceeded = "ProvisionedThroughputExceededException"
	CodeExpiredIterator    = "ExpiredIteratorException"
	CodeExpiredNextToken   = "ExpiredNextTokenException"
	CodeValidation         = "ValidationException"
	CodeInternalFailure    = "InternalFailure"
	CodeKMSNotFound        = "KMSNotFoundException"
	CodeDryRun             = "DryRunOperationException"
)

// Error is an error as Kinesis answers it. All have the HTTP status 400 but
// CodeInternalFailure, which has 500.
type Error struct {
	Code       string
	HTTPStatus int
	Message    string
}

// Error gives code and message.
func (e *Error) Error() string { return strings.TrimSuffix(e.Code+": "+e.Message, ": ") }

func fault(code, format string, args ...any) *Error {
	return &Error{Code: code, HTTPStatus: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

// errDryRun answers a request with DryRun that passed every check; its text is that of other services.
func errDryRun() *Error {
	return fault(CodeDryRun, "The request would have succeeded, but the DryRun option is set.")
}

// errNotSaved answers a put whose records could not be written to their file.
func (s *Service) errNotSaved(stream string) *Error {
	s.cfg.Logger.Error("records not saved", slog.String("stream", stream))
	return errInternal()
}

func errInternal() *Error {
	return &Error{Code: CodeInternalFailure, HTTPStatus: http.StatusInternalServerError}
}

func (s *Service) errStreamNotFound(name string) *Error {
	return s.errStreamNotFoundIn(name, s.cfg.AccountID)
}

func (s *Service) errStreamNotFoundIn(name, account string) *Error {
	return fault(CodeResourceNotFound, "Stream %s under account %s not found.", name, account)
}

func (s *Service) errStreamExists(name string) *Error {
	return fault(CodeResourceInUse, "Stream %s under account %s already exists.", name, s.cfg.AccountID)
}

func (s *Service) errNotActive(name string, status string) *Error {
	return fault(CodeResourceInUse, "Stream %s under account %s not ACTIVE, instead in state %s", name, s.cfg.AccountID, status)
}

func (s *Service) errShardText(stream, shard string) *Error {
	return fault(CodeResourceNotFound, "Could not find shard %s in stream %s under account %s.", shard, stream, s.cfg.AccountID)
}

func (s *Service) errNoShard(stream, shard string) *Error {
	return fault(CodeResourceNotFound, "Shard %s in stream %s under account %s does not exist", shard, stream, s.cfg.AccountID)
}

func (s *Service) errShardLimit(current, more int) *Error {
	return fault(CodeLimitExceeded, "This request would exceed the shard limit for the account %s in %s. "+
		"Current shard count for the account: %d. Limit: %d. "+
		"Number of additional shards that would have resulted from this request: %d. "+
		"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.",
		s.cfg.AccountID, s.cfg.Region, current, s.cfg.ShardLimit, more)
}

func (s *Service) errRateExceeded(stream, shard string) *Error {
	return fault(CodeThroughputExceeded, "Rate exceeded for shard %s in stream %s under account %s.", shard, stream, s.cfg.AccountID)
}

func errHashKey(value string) *Error {
	return fault(CodeInvalidArgument,
		"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", value)
}

func (s *Service) errOrdering(seq, stream string) *Error {
	return fault(CodeInvalidArgument, "ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.",
		seq, stream, s.cfg.AccountID)
}

func errIteratorArguments(iteratorType, tail string) *Error {
	return fault(CodeInvalidArgument, "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s.", iteratorType, tail)
}

func (s *Service) errStartingSequence(seq, shard, stream, tail string) *Error {
	return fault(CodeInvalidArgument, "StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid%s.",
		seq, shard, stream, s.cfg.AccountID, tail)
}

func errSequenceShard(encoded, used string) *Error {
	return fault(CodeInvalidArgument,
		"Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s", encoded, used)
}

func errNoTimestamp() *Error {
	return fault(CodeInvalidArgument,
		"Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
}

func errFutureTimestamp(at, now time.Time) *Error {
	return fault(CodeInvalidArgument, "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "+
		"timestampInMillis: %d, currentTimestampInMillis: %d", at.UnixMilli(), now.UnixMilli())
}

func errInvalidIterator() *Error { return fault(CodeInvalidArgument, "Invalid ShardIterator.") }

func errExpiredIterator(created, now time.Time) *Error {
	const layout = "Mon Jan 02 15:04:05 UTC 2006"
	return fault(CodeExpiredIterator, "Iterator expired. The iterator was created at time %s while right now it is %s "+
		"which is further in the future than the tolerated delay of %d milliseconds.",
		created.UTC().Format(layout), now.UTC().Format(layout), tokenLife.Milliseconds())
}

func errInvalidNextToken() *Error { return fault(CodeInvalidArgument, "Invalid NextToken.") }

func errExpiredNextToken() *Error {
	return fault(CodeExpiredNextToken, "NextToken expired: a token can be used for %d seconds.", int(tokenLife.Seconds()))
}
