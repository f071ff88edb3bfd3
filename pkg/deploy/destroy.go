package deploy

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// DestroyOptions say what to delete.
type DestroyOptions struct {
	// StackName is the stack's name.
	StackName string
	// AccountID guards against the wrong credentials, as in Options.
	AccountID string
	// Events is told every event of the deletion once, oldest first. nil is told nothing.
	Events func(Event)
	// Logger gets the steps; nil discards.
	Logger *slog.Logger
}

// Retained is a resource that outlives its stack because the template retains it. LogicalID has the nested stacks before it.
type Retained struct {
	LogicalID, PhysicalID, Type string
}

// Destroy deletes a stack and returns the resources its template retained, which is a list for an operator: what holds data
// goes away on purpose or not at all. A stack that does not exist is a success. A failed deletion is a FailedError.
func Destroy(ctx context.Context, cfg aws.Config, o DestroyOptions) ([]Retained, error) {
	if len(o.StackName) > maxStackName || !stackNamePattern.MatchString(o.StackName) {
		return nil, fmt.Errorf("destroy: StackName %q: want a letter, then letters, digits and hyphens, at most %d", o.StackName, maxStackName)
	}
	cfg = prepared(cfg)
	d := newDeployer(cfg, o.StackName, o.Events, Options{Logger: o.Logger}.logger())
	kept, err := d.destroy(ctx, cfg, o.AccountID)
	if err != nil {
		return nil, fmt.Errorf("destroy %s: %w", o.StackName, err)
	}
	return kept, nil
}

func (d *deployer) destroy(ctx context.Context, cfg aws.Config, account string) ([]Retained, error) {
	if _, err := Identify(ctx, cfg, account); err != nil {
		return nil, err
	}
	st, err := d.describe(ctx, d.name)
	if err != nil || st == nil {
		return nil, err
	}
	var kept []Retained
	err = d.remove(ctx, aws.ToString(st.StackId), &kept)
	return kept, err
}

// remove deletes a stack, by its id so that the end can still be read, and follows the deletion. kept may be nil.
func (d *deployer) remove(ctx context.Context, id string, kept *[]Retained) error {
	f := newFollower(d, id)
	if err := f.baseline(ctx); err != nil && !missingStack(err) {
		return err
	}
	if _, err := d.cfn.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id}); err != nil {
		return fmt.Errorf("delete the stack: %w", err)
	}
	err := f.follow(ctx, types.StackStatusDeleteComplete)
	if kept != nil {
		*kept = f.retained
	}
	if missingStack(err) {
		return nil // deleted, and the service has forgotten it already
	}
	return err
}
