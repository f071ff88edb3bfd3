package produce

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// requestTimeout bounds one PutRecords, also after an interrupt: what is under
// way is seen through, so that the summary tells the truth.
const requestTimeout = 30 * time.Second

// outcome is what became of a request's records, by their place in it.
type outcome struct {
	taken []int
	again []int
	why   error // of those to send again
}

// put sends one request. Its error is final: it concerns the request as a whole,
// or its one record.
func (p *Producer) put(ctx context.Context, records []Record) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	in := &kinesis.PutRecordsInput{StreamName: aws.String(p.Stream), Records: make([]types.PutRecordsRequestEntry, len(records))}
	for i := range records {
		in.Records[i] = types.PutRecordsRequestEntry{Data: records[i].Data, PartitionKey: aws.String(records[i].Key)}
	}
	out, err := p.Kinesis.PutRecords(ctx, in)
	switch {
	case err != nil && mayPass(err):
		return outcome{again: upTo(len(records)), why: brief(err)}, nil
	case err != nil:
		return outcome{}, brief(err)
	case len(out.Records) != len(records):
		return outcome{}, fmt.Errorf("PutRecords answers with %d results for %d records", len(out.Records), len(records))
	}
	return outcomeOf(out.Records), nil
}

// outcomeOf tells the records that Kinesis took from those it did not.
func outcomeOf(results []types.PutRecordsResultEntry) outcome {
	var o outcome
	for i, result := range results {
		if code := aws.ToString(result.ErrorCode); code != "" {
			o.again = append(o.again, i)
			o.why = fmt.Errorf("%s: %s", code, aws.ToString(result.ErrorMessage))
			continue
		}
		o.taken = append(o.taken, i)
	}
	return o
}

// mayPass tells whether a request that failed with err may succeed later.
func mayPass(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// unreachable tells whether nobody listens where the request went.
func unreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// brief leaves out of an SDK error what only its developers read.
func brief(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return &Refusal{Code: api.ErrorCode(), Message: api.ErrorMessage()}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	return err
}

// Refusal is Kinesis's answer to a request that it will not carry out.
type Refusal struct {
	Code    string // AWS's, such as ValidationException
	Message string
}

// Error returns the code and the message.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

func upTo(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}
