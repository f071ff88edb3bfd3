package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func (p *Plan) input(s *source) *cloudformation.CreateChangeSetInput {
	in := &cloudformation.CreateChangeSetInput{
		StackName:     &p.StackName,
		ChangeSetName: aws.String("spillway-" + strconv.FormatInt(time.Now().UnixNano(), 36)),
		ChangeSetType: types.ChangeSetTypeCreate,
		TemplateBody:  s.body,
		TemplateURL:   s.url,
		// Templates name nothing, so the smaller acknowledgement is enough and a name would be refused.
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Parameters:   s.list(p.Update),
	}
	if p.o.Nested != nil {
		in.Capabilities = append(in.Capabilities, types.CapabilityCapabilityAutoExpand) // they may have loops, and are stacks
		in.IncludeNestedStacks = aws.Bool(true)
	}
	if p.Update {
		in.ChangeSetType = types.ChangeSetTypeUpdate
	}
	for _, k := range slices.Sorted(maps.Keys(p.o.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(k), Value: aws.String(p.o.Tags[k])})
	}
	return in
}

// changeSet is a change set with the changes of all its pages.
type changeSet struct {
	*cloudformation.DescribeChangeSetOutput
	changes []types.Change
}

// workedOut waits until CloudFormation has worked the change set out. It is described by its ARN: by name, a set that became
// obsolete looks empty.
func (d *deployer) workedOut(ctx context.Context, id string) (changeSet, error) {
	var p poll
	for {
		if err := p.wait(ctx); err != nil {
			return changeSet{}, fmt.Errorf("wait for the change set: %w", err)
		}
		begin := time.Now()
		set, err := d.describeChangeSet(ctx, id)
		if err != nil {
			return set, err
		}
		p.took(time.Since(begin))
		switch set.Status {
		case types.ChangeSetStatusCreateComplete, types.ChangeSetStatusFailed:
			return set, nil
		case types.ChangeSetStatusCreatePending, types.ChangeSetStatusCreateInProgress:
		default:
			return set, fmt.Errorf("change set %s is in %s: %s", id, set.Status, aws.ToString(set.StatusReason))
		}
	}
}

func (d *deployer) describeChangeSet(ctx context.Context, id string) (changeSet, error) {
	var set changeSet
	in := &cloudformation.DescribeChangeSetInput{ChangeSetName: &id, IncludePropertyValues: aws.Bool(true)}
	for {
		out, err := d.cfn.DescribeChangeSet(ctx, in)
		if err != nil {
			return set, fmt.Errorf("describe the change set: %w", err)
		}
		set.DescribeChangeSetOutput = out
		set.changes = append(set.changes, out.Changes...)
		if aws.ToString(out.NextToken) == "" || len(set.changes) >= maxEventsPerPoll {
			return set, nil
		}
		in.NextToken = out.NextToken
	}
}

// reasons says why a change set failed. One that failed for a nested one only says so; then that one's reason is added.
func (d *deployer) reasons(ctx context.Context, set changeSet) string {
	reason := aws.ToString(set.StatusReason)
	const mark = "arn:"
	if at := strings.Index(reason, mark); at >= 0 && strings.Contains(reason[at:], ":changeSet/") {
		arn, _, _ := strings.Cut(reason[at:], " ")
		nested, err := d.describeChangeSet(ctx, strings.TrimRight(arn, ".,"))
		if err == nil && nested.Status == types.ChangeSetStatusFailed {
			return reason + ": " + aws.ToString(nested.StatusReason)
		}
	}
	return reason
}

// noChange is nil for the reason of a change set that only says there is nothing to do.
func noChange(reason string) error {
	if strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed") {
		return nil
	}
	return fmt.Errorf("change set failed: %s", reason)
}
