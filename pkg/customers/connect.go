package customers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

const (
	// maxAttempts and maxBackoff get a change through a pool that others read at their full rate.
	maxAttempts = 8
	maxBackoff  = 10 * time.Second
)

// Endpoint says where Cognito is and who asks.
type Endpoint struct {
	URL    string // empty: what the environment and AWS's configuration files say, or AWS's own
	Region string // empty: what the environment and AWS's configuration files say
	// Dummy uses made-up credentials, which local clouds accept, and nothing of what the environment and AWS's configuration
	// files hold.
	Dummy bool
}

// ErrNoRegion is what Connect returns where nothing names a region.
var ErrNoRegion = errors.New("no AWS region is set")

// Connect returns a client of Cognito that tries again what is throttled.
func Connect(ctx context.Context, e Endpoint) (*cognito.Client, error) {
	cfg, err := e.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, ErrNoRegion
	}
	return cognito.NewFromConfig(cfg, func(o *cognito.Options) {
		if e.URL != "" {
			o.BaseEndpoint = aws.String(e.URL)
		}
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.MaxBackoff = maxAttempts, maxBackoff
			r.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(exceeded)}, r.Retryables...)
		})
	}), nil
}

func (e Endpoint) load(ctx context.Context) (aws.Config, error) {
	if e.Dummy {
		return aws.Config{Region: e.Region, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}, nil
	}
	var options []func(*config.LoadOptions) error
	if e.Region != "" {
		options = append(options, config.WithRegion(e.Region))
	}
	return config.LoadDefaultConfig(ctx, options...)
}

// exceeded has a quota that is used up not taken for a rate that is, as it is by default: it does not get better by waiting.
func exceeded(err error) aws.Ternary {
	if hasCode(err, codeLimit) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// once has a request that makes something repeated only if it was refused for its rate: after an answer that was lost, a second
// one would make a second thing.
func once(o *cognito.Options) {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
		r.MaxAttempts, r.MaxBackoff = maxAttempts, maxBackoff
		r.Retryables = []retry.IsErrorRetryable{
			retry.IsErrorRetryableFunc(exceeded), retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes},
		}
	})
}
