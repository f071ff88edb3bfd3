package deploy

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// maxDepth bounds how deep stacks nest, which CloudFormation does as well.
const maxDepth = 8

// Change is what a deployment would do to a resource.
type Change struct {
	// Action is Add, Modify, Remove, Import or Dynamic, which is not known yet.
	Action                      string
	LogicalID, PhysicalID, Type string
	// Replacement is True, False or Conditional; empty where nothing is changed in place.
	Replacement string
	// Stateful says that the resource holds data, which its replacement or removal would leave behind or delete.
	Stateful bool
	// Properties are those that change.
	Properties []Property
	// Nested are the changes of a nested stack.
	Nested []Change
}

// Property is a property that changes.
type Property struct {
	Name          string
	Before, After string // empty where they are not known
	// Cause is what it follows from, such as a parameter's name; empty where the property itself was edited.
	Cause string
	// Replaces says that a new resource takes the place of the old one because of it: Always, Conditionally or Never.
	Replaces string
}

// stateful are the types that hold data, whether or not CloudFormation says what would become of it.
func stateful(kind string) bool {
	return slices.Contains([]string{
		"AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolDomain", "AWS::SecretsManager::Secret",
		"AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache",
	}, kind)
}

// tree reads the changes of a change set and of those nested in it.
func (d *deployer) tree(ctx context.Context, set changeSet, depth int) ([]Change, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("change sets nest deeper than %d", maxDepth)
	}
	var out []Change
	for _, c := range set.changes {
		r := c.ResourceChange
		if r == nil {
			continue
		}
		change := changeOf(r)
		if nested := aws.ToString(r.ChangeSetId); nested != "" {
			child, err := d.describeChangeSet(ctx, nested)
			if err != nil {
				return nil, err
			}
			if change.Nested, err = d.tree(ctx, child, depth+1); err != nil {
				return nil, err
			}
		}
		out = append(out, change)
	}
	return out, nil
}

func changeOf(r *types.ResourceChange) Change {
	c := Change{
		Action: string(r.Action), LogicalID: aws.ToString(r.LogicalResourceId), PhysicalID: aws.ToString(r.PhysicalResourceId),
		Type: aws.ToString(r.ResourceType), Replacement: string(r.Replacement),
	}
	switch r.PolicyAction {
	case types.PolicyActionRetain, types.PolicyActionReplaceAndRetain, types.PolicyActionSnapshot, types.PolicyActionReplaceAndSnapshot:
		c.Stateful = true
	default:
		c.Stateful = stateful(c.Type)
	}
	for _, detail := range r.Details {
		c.add(detail)
	}
	return c
}

// add notes a changed property. What CloudFormation tells twice of one, because it was edited and something that it refers to was,
// becomes one.
func (c *Change) add(detail types.ResourceChangeDetail) {
	t := detail.Target
	if t == nil {
		return
	}
	name := aws.ToString(t.Name)
	if name == "" {
		name = string(t.Attribute)
	}
	p := Property{Name: name, Before: aws.ToString(t.BeforeValue), After: aws.ToString(t.AfterValue), Cause: aws.ToString(detail.CausingEntity), Replaces: string(t.RequiresRecreation)}
	at := slices.IndexFunc(c.Properties, func(other Property) bool { return other.Name == p.Name })
	if at < 0 {
		c.Properties = append(c.Properties, p)
		return
	}
	known := &c.Properties[at]
	for _, pair := range [][2]*string{{&known.Before, &p.Before}, {&known.After, &p.After}, {&known.Cause, &p.Cause}} {
		if *pair[0] == "" {
			*pair[0] = *pair[1]
		}
	}
	if known.Replaces == "" || known.Replaces == string(types.RequiresRecreationNever) {
		known.Replaces = p.Replaces
	}
}

// replaces says whether a new resource takes, or may take, the old one's place.
func (c Change) replaces() bool {
	return c.Replacement == string(types.ReplacementTrue) || c.Replacement == string(types.ReplacementConditional)
}

// causes are the properties for which the resource is replaced: those for which it always is, or else those for which it may be.
func (c Change) causes() []string {
	var always, maybe []string
	for _, p := range c.Properties {
		switch p.Replaces {
		case string(types.RequiresRecreationNever):
		case string(types.RequiresRecreationAlways):
			always = append(always, p.Name)
		default:
			maybe = append(maybe, p.Name)
		}
	}
	if always != nil {
		return always
	}
	return maybe
}

// losses lists the resources with data that would be replaced or removed.
func losses(changes []Change, above string) []string {
	var found []string
	for _, c := range changes {
		name := path.Join(above, c.LogicalID)
		found = append(found, losses(c.Nested, name)...)
		switch {
		case !c.Stateful:
		case c.Action == string(types.ChangeActionRemove):
			found = append(found, fmt.Sprintf("%s (%s), which would be removed", name, c.Type))
		case c.replaces():
			found = append(found, fmt.Sprintf("%s (%s) because of %s", name, c.Type, strings.Join(c.causes(), ", ")))
		}
	}
	return found
}
