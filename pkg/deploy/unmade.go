package deploy

import (
	"context"
	"path"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// unmadeAttempts is how often a nested stack that no event told of is asked for; an emulator that fails then fails again.
const unmadeAttempts = 2

// unmade names the nested stacks that the changes made or changed and that are not there, although the stack says that all is done: moto
// 5.2.1 does so. In AWS the events told of each, and nothing is asked.
func (f *follower) unmade(ctx context.Context, changes []Change) ([]string, error) {
	return f.unmadeIn(ctx, f.root.id, "", changes)
}

func (f *follower) unmadeIn(ctx context.Context, stackID, above string, changes []Change) ([]string, error) {
	var missing []string
	for _, c := range changes {
		if c.Type != stackType || c.Action == string(types.ChangeActionRemove) {
			continue
		}
		name := path.Join(above, c.LogicalID)
		id := f.nestedID(name)
		if id == "" {
			var why string
			id, why = f.d.nestedThere(ctx, stackID, c.LogicalID)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if why != "" {
				missing = append(missing, name+" ("+stackType+", "+why+")")
				continue
			}
		}
		inner, err := f.unmadeIn(ctx, id, name, c.Nested)
		if err != nil {
			return nil, err
		}
		missing = append(missing, inner...)
	}
	return missing, nil
}

// nestedID is the id of a nested stack whose events were read, and empty where no event told of it.
func (f *follower) nestedID(name string) string {
	at := slices.IndexFunc(f.nested, func(h *history) bool { return h.path == name })
	if at < 0 {
		return ""
	}
	return f.nested[at].id
}

// nestedThere returns the id of a nested stack, or why there is none.
func (d *deployer) nestedThere(ctx context.Context, stackID, logicalID string) (id, why string) {
	twice := func(o *cloudformation.Options) { o.RetryMaxAttempts = unmadeAttempts }
	r, err := d.cfn.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{StackName: &stackID, LogicalResourceId: &logicalID}, twice)
	switch {
	case err != nil:
		d.log.Warn("a nested stack cannot be described", "logical_id", logicalID, "error", err)
		return "", "which cannot be described"
	case r.StackResourceDetail == nil || aws.ToString(r.StackResourceDetail.PhysicalResourceId) == "":
		return "", "which has no physical id"
	}
	id = *r.StackResourceDetail.PhysicalResourceId
	out, err := d.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id}, twice)
	switch {
	case missingStack(err) || err == nil && len(out.Stacks) == 0:
		return "", "which is not there"
	case err != nil:
		d.log.Warn("a nested stack cannot be described", "logical_id", logicalID, "error", err)
		return "", "which cannot be described"
	case running(out.Stacks[0].StackStatus):
		return "", "which is still in " + string(out.Stacks[0].StackStatus)
	}
	return id, ""
}
