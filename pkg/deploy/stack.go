package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// attempts is how often a throttled CloudFormation call is tried; following a busy account's stacks meets throttling.
const attempts = 8

// deployer is one operation on a stack.
type deployer struct {
	cfg    aws.Config
	cfn    *cloudformation.Client
	ecs    *ecs.Client
	name   string
	events func(Event)
	log    *slog.Logger
}

func newDeployer(cfg aws.Config, name string, events func(Event), log *slog.Logger) *deployer {
	client := cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.RetryMaxAttempts = max(o.RetryMaxAttempts, attempts) })
	return &deployer{cfg: cfg, cfn: client, ecs: ecs.NewFromConfig(cfg), name: name, events: events, log: log}
}

func (d *deployer) registry(name string) *registry { return newRegistry(d.cfg, name) }

// Stack makes the stack that o describes, or brings it up to date, and returns its outputs: Prepare and Execute in one.
func Stack(ctx context.Context, cfg aws.Config, o Options) (Outputs, error) {
	p, err := Prepare(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	return p.Execute(ctx)
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
