package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// attempts is how often a throttled CloudFormation call is tried; following a busy account's stacks meets throttling.
const attempts = 8

// deployer is one call of Stack or Destroy.
type deployer struct {
	cfn    *cloudformation.Client
	name   string
	events func(Event)
	log    *slog.Logger
}

func newDeployer(cfg aws.Config, name string, events func(Event), log *slog.Logger) *deployer {
	client := cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.RetryMaxAttempts = max(o.RetryMaxAttempts, attempts) })
	return &deployer{cfn: client, name: name, events: events, log: log}
}

// Stack makes the stack that o describes, or brings it up to date, and returns its outputs. Its errors are a FailedError,
// an UnsupportedError or a ReplacementError where one of them tells what happened. When ctx ends, Stack returns; an operation
// that CloudFormation has begun goes on there.
func Stack(ctx context.Context, cfg aws.Config, o Options) (Outputs, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	d := newDeployer(cfg, o.StackName, o.tell, o.logger())
	out, err := d.deploy(ctx, cfg, o)
	if err != nil {
		return nil, fmt.Errorf("deploy %s: %w", o.StackName, err)
	}
	return out, nil
}

func (d *deployer) deploy(ctx context.Context, cfg aws.Config, o Options) (Outputs, error) {
	account, err := caller(ctx, cfg, o.AccountID)
	if err != nil {
		return nil, err
	}
	d.log.Info("deploying", "stack", o.StackName, "account", account, "region", cfg.Region)
	store := newArtifacts(cfg, o.ArtifactBucket, account)
	source, err := prepareSource(ctx, store, o)
	if err != nil {
		return nil, err
	}
	declared, err := d.validate(ctx, source)
	if err != nil {
		return nil, err
	}
	if err := uploadCode(ctx, store, o.Bootstrap, source); err != nil {
		return nil, err
	}
	exists, err := d.clearTheWay(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.apply(ctx, changeRequest{source: source, declared: declared, update: exists, o: o}); err != nil {
		return nil, err
	}
	return d.outputs(ctx)
}

// caller asks who the credentials belong to, which also proves that they and the endpoint work.
func caller(ctx context.Context, cfg aws.Config, want string) (string, error) {
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask who the credentials belong to: %w", err)
	}
	account := aws.ToString(who.Account)
	if want != "" && want != account {
		return "", fmt.Errorf("the credentials belong to account %s, want %s", account, want)
	}
	return account, nil
}

// source is the template, inline or by address, and the parameters that go with it.
type source struct {
	body, url  *string
	parameters map[string]string
}

func prepareSource(ctx context.Context, store *artifacts, o Options) (*source, error) {
	s := &source{parameters: make(map[string]string, len(o.Parameters))}
	for k, v := range o.Parameters {
		s.parameters[k] = v
	}
	if len(o.TemplateBody) <= maxInline {
		s.body = &o.TemplateBody
		return s, nil
	}
	key, err := store.put(ctx, "templates", ".yaml", []byte(o.TemplateBody))
	if err != nil {
		return nil, err
	}
	s.url = aws.String(store.url(key))
	return s, nil
}

func uploadCode(ctx context.Context, store *artifacts, path string, s *source) error {
	if path == "" {
		return nil
	}
	b, err := newBundle(path)
	if err != nil {
		return err
	}
	key, err := store.put(ctx, "code", ".zip", b.body)
	if err != nil {
		return err
	}
	s.parameters[parameterBucket], s.parameters[parameterKey], s.parameters[parameterArchitecture] = store.bucket, key, b.architecture
	return nil
}

// validate has CloudFormation read the template and returns the parameters it declares.
func (d *deployer) validate(ctx context.Context, s *source) ([]types.TemplateParameter, error) {
	out, err := d.cfn.ValidateTemplate(ctx, &cloudformation.ValidateTemplateInput{TemplateBody: s.body, TemplateURL: s.url})
	if err != nil {
		return nil, fmt.Errorf("validate the template: %w", err)
	}
	return out.Parameters, nil
}

// clearTheWay waits for an operation that is under way, removes a stack that never came about, and says whether one is there to update.
func (d *deployer) clearTheWay(ctx context.Context) (exists bool, err error) {
	var p poll
	for {
		if err := p.wait(ctx); err != nil {
			return false, err
		}
		begin := time.Now()
		st, err := d.describe(ctx, d.name)
		if err != nil || st == nil {
			return false, err
		}
		p.took(time.Since(begin))
		switch {
		case dead(st.StackStatus):
			d.log.Info("removing a stack that never came about", "stack", d.name, "status", st.StackStatus)
			return false, d.remove(ctx, aws.ToString(st.StackId), nil)
		case !running(st.StackStatus):
			return true, nil
		}
	}
}

// dead stacks cannot be updated: all CloudFormation accepts for them is deletion.
func dead(s types.StackStatus) bool {
	return s == types.StackStatusRollbackComplete || s == types.StackStatusRollbackFailed || s == types.StackStatusReviewInProgress
}

// describe returns the stack, nil where there is none.
func (d *deployer) describe(ctx context.Context, nameOrID string) (*types.Stack, error) {
	out, err := d.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &nameOrID})
	if missingStack(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe the stack: %w", err)
	}
	if len(out.Stacks) == 0 {
		return nil, nil
	}
	return &out.Stacks[0], nil
}

func (d *deployer) outputs(ctx context.Context) (Outputs, error) {
	st, err := d.describe(ctx, d.name)
	if err != nil {
		return nil, err
	}
	out := Outputs{}
	if st != nil {
		for _, o := range st.Outputs {
			out[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return out, nil
}
