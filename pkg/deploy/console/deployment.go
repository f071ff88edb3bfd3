package console

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/spillway/spillway/pkg/deploy"
)

// Deployment is a stack that is there, and how it is reached.
type Deployment struct {
	// Config is how AWS is called.
	Config aws.Config
	// Stack is the stack's name.
	Stack   string
	Outputs deploy.Outputs
	// Endpoint is where customers reach the gateway, host:port, and TokenURL where they get tokens: what the settings' smoke says,
	// else what the outputs do. CAFile has the authorities that customers trust; empty are the system's.
	Endpoint, TokenURL, CAFile string
}

// Deployment reads the outputs of the stack.
func (c *Console) Deployment(ctx context.Context) (Deployment, error) {
	out, err := deploy.ReadOutputs(ctx, c.cfg, c.settings.Stack)
	if err != nil {
		return Deployment{}, err
	}
	return c.deployment(out), nil
}

func (c *Console) deployment(out deploy.Outputs) Deployment {
	s, cfg := c.settings, c.cfg
	cfg.Region = c.target.Region // where nothing names one it is not in the configuration
	return Deployment{
		Config: cfg, Stack: s.Stack, Outputs: out, CAFile: s.caFile,
		Endpoint: cmp.Or(s.Smoke.Endpoint, out["ELBURL"]), TokenURL: cmp.Or(s.Smoke.TokenURL, out["DomainEndpoint"]),
	}
}
