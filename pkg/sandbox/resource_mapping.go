package sandbox

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// The settled states of an event source mapping.
const (
	mappingEnabled  = "Enabled"
	mappingDisabled = "Disabled"
)

// mappingResource makes AWS::Lambda::EventSourceMapping.
type mappingResource struct{ lambda *lambda.Service }

// mappingProperties are those of the API but for the form of the timestamp.
type mappingProperties struct {
	lambda.MappingOptions
	EventSourceArn            string
	FunctionName              string
	Enabled                   *bool
	StartingPosition          string
	StartingPositionTimestamp *float64 // seconds since 1970
}

// read spells the defaults out: what a template no longer says is what AWS assumes again.
func (p *mappingProperties) read(r cloudformation.Request) error {
	enabled := true
	p.Enabled, p.MappingOptions = &enabled, lambda.DefaultMappingOptions()
	return decode(r, p)
}

// Create implements cloudformation.Provisioner.
func (m mappingResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p mappingProperties
	if err := p.read(r); err != nil {
		return cloudformation.Result{}, err
	}
	in := lambda.CreateEventSourceMappingInput{
		EventSourceArn: p.EventSourceArn, FunctionName: p.FunctionName, Enabled: p.Enabled,
		StartingPosition: p.StartingPosition, MappingOptions: p.MappingOptions,
	}
	if p.StartingPositionTimestamp != nil {
		at := lambda.EpochSeconds(time.UnixMilli(int64(*p.StartingPositionTimestamp * 1000)))
		in.StartingPositionTimestamp = &at
	}
	out, err := m.lambda.CreateEventSourceMapping(ctx, in)
	if err != nil {
		return cloudformation.Result{}, lambdaError(err)
	}
	return cloudformation.Result{
		PhysicalID: out.UUID,
		Attributes: map[string]any{"Id": out.UUID, "EventSourceMappingArn": out.EventSourceMappingArn},
	}, m.settled(ctx, out.UUID)
}

// settled waits until a mapping is enabled or disabled.
func (m mappingResource) settled(ctx context.Context, uuid string) error {
	return settle(ctx, func() (bool, error) {
		out, err := m.lambda.GetEventSourceMapping(ctx, uuid)
		return out.State == mappingEnabled || out.State == mappingDisabled, lambdaError(err)
	})
}

// Update implements cloudformation.Provisioner.
func (m mappingResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p mappingProperties
	if err := p.read(r); err != nil {
		return cloudformation.Result{}, err
	}
	if _, err := m.lambda.UpdateEventSourceMapping(ctx, lambda.UpdateEventSourceMappingInput{
		UUID: r.PhysicalID, FunctionName: p.FunctionName, Enabled: p.Enabled, MappingOptions: p.MappingOptions,
	}); err != nil {
		return cloudformation.Result{}, lambdaError(err)
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, m.settled(ctx, r.PhysicalID)
}

// Delete implements cloudformation.Provisioner.
func (m mappingResource) Delete(ctx context.Context, r cloudformation.Request) error {
	if _, err := m.lambda.DeleteEventSourceMapping(ctx, r.PhysicalID); err != nil {
		return lambdaError(err)
	}
	return settle(ctx, func() (bool, error) {
		_, err := m.lambda.GetEventSourceMapping(ctx, r.PhysicalID)
		var e *lambda.Error
		if errors.As(err, &e) && e.HTTPStatus == http.StatusNotFound {
			return true, nil
		}
		return false, err
	})
}
