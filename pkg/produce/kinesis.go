package produce

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Endpoint says where Kinesis is and who puts.
type Endpoint struct {
	URL    string // empty: AWS's own
	Region string // empty: what the environment and AWS's configuration files say
	// Dummy uses made-up credentials, which local clouds accept, and nothing of what
	// the environment and AWS's configuration files hold.
	Dummy bool
}

// ErrNoRegion is what NewKinesis returns where nothing names a region.
var ErrNoRegion = errors.New("no AWS region is set")

// NewKinesis returns a client for a Producer. It does not retry by itself: the
// Producer does, in a way that keeps the order.
func NewKinesis(ctx context.Context, e Endpoint) (*kinesis.Client, error) {
	loaded, err := e.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return nil, ErrNoRegion
	}
	return kinesis.NewFromConfig(loaded, func(o *kinesis.Options) {
		o.Retryer = aws.NopRetryer{}
		if e.URL != "" {
			o.BaseEndpoint = aws.String(e.URL)
		}
	}), nil
}

// load returns the configuration of the AWS SDK.
func (e Endpoint) load(ctx context.Context) (aws.Config, error) {
	if e.Dummy {
		return aws.Config{Region: e.Region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}, nil
	}
	var options []func(*config.LoadOptions) error
	if e.Region != "" {
		options = append(options, config.WithRegion(e.Region))
	}
	return config.LoadDefaultConfig(ctx, options...)
}
