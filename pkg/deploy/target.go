package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Target is where deployments go, and as whom.
type Target struct {
	Account string
	// Caller is the ARN of who the credentials belong to.
	Caller string
	Region string
	// Endpoint is the URL that is spoken to in place of AWS's own; empty for AWS.
	Endpoint string
}

// Identify asks who the credentials of cfg belong to, which also proves that they and the endpoint work. An account that is not
// want, unless that is empty, is an error. It changes nothing.
func Identify(ctx context.Context, cfg aws.Config, want string) (Target, error) {
	cfg = prepared(cfg)
	t := Target{Region: cfg.Region, Endpoint: aws.ToString(cfg.BaseEndpoint)}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return t, fmt.Errorf("ask who the credentials belong to: %w", err)
	}
	t.Account, t.Caller = aws.ToString(who.Account), aws.ToString(who.Arn)
	if want != "" && want != t.Account {
		return t, fmt.Errorf("the credentials belong to account %s, want %s", t.Account, want)
	}
	return t, nil
}
