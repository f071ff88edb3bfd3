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
	// Dummy uses made-up credentials, which local clouds accept, in place of those
	// that the environment and AWS's configuration files hold.
	Dummy bool
}

// NewKinesis returns a client for a Producer. It does not retry by itself: the
// Producer does, in a way that keeps the order.
func NewKinesis(ctx context.Context, e Endpoint) (*kinesis.Client, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	}
	if e.Region != "" {
		options = append(options, config.WithRegion(e.Region))
	}
	if e.Dummy {
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return nil, errors.New("no AWS region is set")
	}
	return kinesis.NewFromConfig(loaded, func(o *kinesis.Options) {
		if e.URL != "" {
			o.BaseEndpoint = aws.String(e.URL)
		}
	}), nil
}
