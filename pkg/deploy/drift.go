package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// DriftOptions say which stack to look at.
type DriftOptions struct {
	StackName string
	// AccountID guards against the wrong credentials, as in Options.
	AccountID string
	// Logger gets the steps; nil discards.
	Logger *slog.Logger
}

// Drifted is a resource that is not as the template has it.
type Drifted struct {
	// LogicalID has the nested stacks before it that the resource is in, with slashes.
	LogicalID, PhysicalID, Type string
	// Status is MODIFIED or DELETED.
	Status      string
	Differences []Difference
}

// Difference is a property that somebody changed.
type Difference struct {
	Path             string
	Expected, Actual string
}

// Drift has CloudFormation compare a stack, and those nested in it, with what is there, and returns what differs. Types that
// CloudFormation cannot compare are left out.
func Drift(ctx context.Context, cfg aws.Config, o DriftOptions) ([]Drifted, error) {
	cfg = prepared(cfg)
	d := newDeployer(cfg, o.StackName, nil, Options{Logger: o.Logger}.logger())
	_, err := Identify(ctx, cfg, o.AccountID)
	var found []Drifted
	if err == nil {
		found, err = d.drift(ctx, o.StackName, "", 0)
	}
	if err != nil {
		return nil, fmt.Errorf("drift of %s: %w", o.StackName, err)
	}
	return found, nil
}

// drift compares one stack, and then those in it: CloudFormation itself does not go into them.
func (d *deployer) drift(ctx context.Context, stack, above string, depth int) ([]Drifted, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("stacks nest deeper than %d", maxDepth)
	}
	if err := d.detect(ctx, stack); err != nil {
		return nil, err
	}
	found, err := d.differences(ctx, stack, above)
	if err != nil {
		return nil, err
	}
	pages := cloudformation.NewListStackResourcesPaginator(d.cfn, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the resources of %s: %w", stack, err)
		}
		for _, r := range page.StackResourceSummaries {
			if aws.ToString(r.ResourceType) != stackType || aws.ToString(r.PhysicalResourceId) == "" || r.ResourceStatus == types.ResourceStatusDeleteComplete {
				continue
			}
			nested, err := d.drift(ctx, *r.PhysicalResourceId, path.Join(above, aws.ToString(r.LogicalResourceId)), depth+1)
			if err != nil {
				return nil, err
			}
			found = append(found, nested...)
		}
	}
	return found, nil
}

// detect starts a comparison and waits for its end. One that failed for some resources has looked at the others.
func (d *deployer) detect(ctx context.Context, stack string) error {
	begun, err := d.cfn.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: &stack})
	if err != nil {
		return fmt.Errorf("compare %s with what is there: %w", stack, err)
	}
	var p poll
	for {
		if err := p.wait(ctx); err != nil {
			return fmt.Errorf("wait for the comparison of %s: %w", stack, err)
		}
		status, err := d.cfn.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: begun.StackDriftDetectionId})
		if err != nil {
			return fmt.Errorf("wait for the comparison of %s: %w", stack, err)
		}
		switch status.DetectionStatus {
		case types.StackDriftDetectionStatusDetectionComplete:
			return nil
		case types.StackDriftDetectionStatusDetectionFailed:
			d.log.Warn("some resources could not be compared", "stack", stack, "reason", aws.ToString(status.DetectionStatusReason))
			return nil
		}
	}
}

func (d *deployer) differences(ctx context.Context, stack, above string) ([]Drifted, error) {
	pages := cloudformation.NewDescribeStackResourceDriftsPaginator(d.cfn, &cloudformation.DescribeStackResourceDriftsInput{
		StackName: &stack, StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{types.StackResourceDriftStatusModified, types.StackResourceDriftStatusDeleted},
	})
	var found []Drifted
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read what differs in %s: %w", stack, err)
		}
		for _, r := range page.StackResourceDrifts {
			one := Drifted{LogicalID: path.Join(above, aws.ToString(r.LogicalResourceId)), PhysicalID: aws.ToString(r.PhysicalResourceId), Type: aws.ToString(r.ResourceType), Status: string(r.StackResourceDriftStatus)}
			for _, p := range r.PropertyDifferences {
				one.Differences = append(one.Differences, Difference{Path: aws.ToString(p.PropertyPath), Expected: aws.ToString(p.ExpectedValue), Actual: aws.ToString(p.ActualValue)})
			}
			found = append(found, one)
		}
	}
	return found, nil
}
