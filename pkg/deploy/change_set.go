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

// changeRequest is what a change set is made from.
type changeRequest struct {
	source   *source
	declared []types.TemplateParameter
	update   bool
	o        Options
}

// apply makes the change set, checks it, executes it and follows it to its end. A change set without changes is a success.
func (d *deployer) apply(ctx context.Context, r changeRequest) error {
	made, err := d.cfn.CreateChangeSet(ctx, r.input())
	if err != nil {
		return fmt.Errorf("create the change set: %w", err)
	}
	id, stackID := aws.ToString(made.Id), aws.ToString(made.StackId)
	set, err := d.workedOut(ctx, id)
	if err != nil {
		return err
	}
	if set.Status == types.ChangeSetStatusFailed {
		return d.discard(ctx, id, stackID, r.update, noChange(aws.ToString(set.StatusReason)))
	}
	if err := replaces(set.changes, r.o); err != nil {
		_ = d.discard(ctx, id, stackID, r.update, nil) // what stopped the deployment matters more than what it left
		return err
	}
	f := follower{d: d, stackID: stackID, seen: map[string]bool{}}
	if _, err := f.fresh(ctx); err != nil {
		return err
	}
	_, err = d.cfn.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: &id,
		// A deployment that fails leaves nothing behind of what it had only just made, whatever the template retains.
		RetainExceptOnCreate: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("execute the change set: %w", err)
	}
	return f.follow(ctx, types.StackStatusCreateComplete, types.StackStatusUpdateComplete)
}

func (r changeRequest) input() *cloudformation.CreateChangeSetInput {
	in := &cloudformation.CreateChangeSetInput{
		StackName:     &r.o.StackName,
		ChangeSetName: aws.String("spillway-" + strconv.FormatInt(time.Now().UnixNano(), 36)),
		ChangeSetType: types.ChangeSetTypeCreate,
		TemplateBody:  r.source.body,
		TemplateURL:   r.source.url,
		// Templates name nothing, so the smaller acknowledgement is enough and a name would be refused.
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	}
	if r.update {
		in.ChangeSetType = types.ChangeSetTypeUpdate
	}
	for _, k := range slices.Sorted(maps.Keys(r.source.parameters)) {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String(k), ParameterValue: aws.String(r.source.parameters[k])})
	}
	for _, p := range r.declared {
		key := aws.ToString(p.ParameterKey)
		if _, given := r.source.parameters[key]; !given && p.DefaultValue == nil && r.update {
			in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &key, UsePreviousValue: aws.Bool(true)})
		}
	}
	for _, k := range slices.Sorted(maps.Keys(r.o.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(k), Value: aws.String(r.o.Tags[k])})
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
	in := &cloudformation.DescribeChangeSetInput{ChangeSetName: &id}
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

// noChange is nil for the reason of a change set that only says there is nothing to do.
func noChange(reason string) error {
	if strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed") {
		return nil
	}
	return fmt.Errorf("change set failed: %s", reason)
}

// discard removes a change set that will not be executed, and the stack that was only made for it. It returns why.
func (d *deployer) discard(ctx context.Context, id, stackID string, update bool, why error) error {
	if !update {
		if err := d.remove(ctx, stackID, nil); err != nil && why == nil {
			return err
		}
		return why
	}
	if _, err := d.cfn.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &id}); err != nil && why == nil {
		return fmt.Errorf("delete the change set: %w", err)
	}
	return why
}

// replaces refuses a change set that would swap a retained resource, and with it its data, for an empty one.
func replaces(changes []types.Change, o Options) error {
	if o.AllowReplacement {
		return nil
	}
	var found []string
	for _, c := range changes {
		r := c.ResourceChange
		if r == nil || r.Replacement == types.ReplacementFalse || r.PolicyAction != types.PolicyActionReplaceAndRetain {
			continue
		}
		var causes []string
		for _, detail := range r.Details {
			if detail.Target != nil && detail.Target.RequiresRecreation != types.RequiresRecreationNever {
				causes = append(causes, aws.ToString(detail.Target.Name))
			}
		}
		found = append(found, fmt.Sprintf("%s (%s) because of %s", aws.ToString(r.LogicalResourceId), aws.ToString(r.ResourceType), strings.Join(causes, ", ")))
	}
	if found == nil {
		return nil
	}
	return &ReplacementError{StackName: o.StackName, Resources: found}
}
