package sandbox

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cognito"
	"github.com/spillway/spillway/pkg/sandbox/elasticache"
	"github.com/spillway/spillway/pkg/sandbox/inert"
	"github.com/spillway/spillway/pkg/sandbox/secretsmanager"
	"github.com/spillway/spillway/pkg/sandbox/ssm"
)

// emulateResources makes what the resources of templates are made of, beside the services that have emulators of their own.
func (s *Sandbox) emulateResources() (err error) {
	cfg, clock := s.cfg, s.kinesis.Clock().Now
	if s.secrets, err = secretsmanager.New(secretsmanager.Config{Region: cfg.Region, AccountID: cfg.AccountID, Clock: clock}); err != nil {
		return err
	}
	if s.parameters, err = ssm.New(ssm.Config{Region: cfg.Region, AccountID: cfg.AccountID, Clock: clock}); err != nil {
		return err
	}
	s.account = inert.New(cfg.Region, cfg.AccountID)
	s.nodes = &redisNodes{cfg: cfg, running: map[*redisNode]bool{}}
	s.caches, err = elasticache.New(elasticache.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Nodes: s.nodes,
		SubnetExists: func(id string) bool { return s.account.Exists("AWS::EC2::Subnet", id) },
	})
	if err != nil || cfg.Cognito == "" {
		return err
	}
	s.cognito, err = cognito.New(cognito.Config{Endpoint: cfg.Cognito, Region: cfg.Region, AccountID: cfg.AccountID})
	return err
}

// existing knows whether there is what parameters of AWS-specific types name. Of the types that are left out there is nothing in the
// local cloud, or, as with images, more in AWS than it knows of.
func (s *Sandbox) existing() map[string]func(string) bool {
	all := map[string]func(string) bool{}
	for parameter, resource := range map[string]string{
		"AWS::EC2::SecurityGroup::Id": "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet::Id": "AWS::EC2::Subnet", "AWS::EC2::VPC::Id": "AWS::EC2::VPC",
	} {
		all[parameter] = func(id string) bool { return s.account.Exists(resource, id) }
	}
	return all
}

// environment is what functions and containers get beside their own variables.
func (s *Sandbox) environment() map[string]string {
	env := map[string]string{"AWS_ENDPOINT_URL": s.cfg.Endpoint}
	if s.cfg.LocalTLS.CA != "" {
		env["SSL_CERT_FILE"] = s.cfg.LocalTLS.CA
	}
	return env
}

// containerSecrets has the values that containers' secrets name.
type containerSecrets struct {
	secrets    *secretsmanager.Service
	parameters *ssm.Service
}

// SecretValue implements ecs.Secrets.
func (c containerSecrets) SecretValue(ctx context.Context, arn, stage, version string) (string, error) {
	return c.secrets.Text(ctx, arn, stage, version)
}

// Parameter implements ecs.Secrets.
func (c containerSecrets) Parameter(ctx context.Context, name string) (string, error) {
	out, err := c.parameters.GetParameter(ctx, ssm.GetParameterInput{Name: name, WithDecryption: true})
	return out.Parameter.Value, err
}
