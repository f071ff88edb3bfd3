package rebuild

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Endpoint says where AWS is and who asks.
type Endpoint struct {
	Kinesis string // URL; empty: what the environment and AWS's configuration files say, or AWS's own
	Lambda  string // URL; the same
	Region  string // empty: what the environment and AWS's configuration files say
	// Dummy uses made-up credentials, which local clouds accept, and nothing of what
	// the environment and AWS's configuration files hold.
	Dummy bool
}

// ErrNoRegion is what Connect returns where nothing names a region.
var ErrNoRegion = errors.New("no AWS region is set")

// Connect returns clients of the services that a Run needs. They do not retry by
// themselves: a Run does.
func Connect(ctx context.Context, e Endpoint) (*kinesis.Client, *lambda.Client, error) {
	cfg, err := e.load(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, nil, ErrNoRegion
	}
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	kin := kinesis.NewFromConfig(cfg, func(o *kinesis.Options) { setURL(&o.BaseEndpoint, e.Kinesis) })
	lam := lambda.NewFromConfig(cfg, func(o *lambda.Options) { setURL(&o.BaseEndpoint, e.Lambda) })
	return kin, lam, nil
}

func setURL(dst **string, url string) {
	if url != "" {
		*dst = aws.String(url)
	}
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

// FunctionReader is what VariablesOf needs of Lambda; a *lambda.Client is one.
type FunctionReader interface {
	GetFunctionConfiguration(context.Context, *lambda.GetFunctionConfigurationInput, ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error)
}

// VariablesOf returns the environment variables of a Lambda function; never nil without
// an error.
func VariablesOf(ctx context.Context, client FunctionReader, function string) (map[string]string, error) {
	var out *lambda.GetFunctionConfigurationOutput
	err := tryLambda(ctx, func(ctx context.Context) (err error) {
		out, err = client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(function)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get the configuration of function %s: %w", function, err)
	}
	if out.Environment == nil || out.Environment.Variables == nil && out.Environment.Error == nil {
		return map[string]string{}, nil
	}
	if e := out.Environment.Error; e != nil {
		return nil, fmt.Errorf("get the variables of function %s: %s: %s", function, aws.ToString(e.ErrorCode), aws.ToString(e.Message))
	}
	return out.Environment.Variables, nil
}
