package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// maxStreamName is the longest name of a stream.
const maxStreamName = 128

// defaultRetentionHours is the retention of a new stream.
const defaultRetentionHours = 24

// streamResource makes AWS::Kinesis::Stream.
type streamResource struct{ kinesis *kinesis.Service }

type streamProperties struct {
	Name                 string
	ShardCount           int
	RetentionPeriodHours int
	StreamModeDetails    *kinesis.StreamModeDetails
	Tags                 []tag
}

func (p *streamProperties) read(r cloudformation.Request) error {
	p.RetentionPeriodHours = defaultRetentionHours
	if err := decode(r, p, "StreamEncryption"); err != nil {
		return err
	}
	if p.Name == "" {
		p.Name = cloudformation.PhysicalName(r, maxStreamName)
	}
	if p.ShardCount == 0 && !p.onDemand() {
		p.ShardCount = 1
	}
	return nil
}

func (p *streamProperties) onDemand() bool {
	return p.StreamModeDetails != nil && p.StreamModeDetails.StreamMode == kinesis.ModeOnDemand
}

// Create implements cloudformation.Provisioner.
func (s streamResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p streamProperties
	if err := p.read(r); err != nil {
		return cloudformation.Result{}, err
	}
	in := kinesis.CreateStreamInput{StreamName: p.Name, ShardCount: p.ShardCount, StreamModeDetails: p.StreamModeDetails, Tags: tagMap(p.Tags)}
	if err := s.kinesis.CreateStream(ctx, in); err != nil {
		return cloudformation.Result{}, kinesisError(err)
	}
	res := cloudformation.Result{PhysicalID: p.Name}
	arn, err := s.active(ctx, p.Name)
	if err != nil {
		return res, err
	}
	res.Attributes = map[string]any{"Arn": arn}
	if p.RetentionPeriodHours > defaultRetentionHours {
		err = s.kinesis.IncreaseStreamRetentionPeriod(ctx, kinesis.RetentionPeriodInput{StreamName: p.Name, RetentionPeriodHours: p.RetentionPeriodHours})
	}
	return res, kinesisError(err)
}

// active waits until a stream can be used and returns its ARN.
func (s streamResource) active(ctx context.Context, name string) (arn string, err error) {
	err = settle(ctx, func() (bool, error) {
		out, err := s.kinesis.DescribeStreamSummary(ctx, kinesis.DescribeStreamSummaryInput{StreamName: name})
		if err != nil {
			return false, kinesisError(err)
		}
		arn = out.StreamDescriptionSummary.StreamARN
		return out.StreamDescriptionSummary.StreamStatus == kinesis.StatusActive, nil
	})
	return arn, err
}

// Update implements cloudformation.Provisioner.
func (s streamResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	for _, name := range []string{"ShardCount", "StreamModeDetails"} {
		if changed(r, name) {
			return cloudformation.Result{}, invalid("%s of a stream cannot be changed in this sandbox", name)
		}
	}
	var p, old streamProperties
	if err := p.read(r); err != nil {
		return cloudformation.Result{}, err
	}
	before := r
	before.Properties = r.OldProperties
	if err := old.read(before); err != nil {
		return cloudformation.Result{}, err
	}
	if changed(r, "Tags") { // first: a change of the retention makes the stream busy
		if err := s.retag(ctx, r.PhysicalID, old.Tags, p.Tags); err != nil {
			return cloudformation.Result{}, kinesisError(err)
		}
	}
	in := kinesis.RetentionPeriodInput{StreamName: r.PhysicalID, RetentionPeriodHours: p.RetentionPeriodHours}
	var err error
	switch {
	case p.RetentionPeriodHours > old.RetentionPeriodHours:
		err = s.kinesis.IncreaseStreamRetentionPeriod(ctx, in)
	case p.RetentionPeriodHours < old.RetentionPeriodHours:
		err = s.kinesis.DecreaseStreamRetentionPeriod(ctx, in)
	}
	if err != nil {
		return cloudformation.Result{}, kinesisError(err)
	}
	_, err = s.active(ctx, r.PhysicalID)
	return cloudformation.Result{PhysicalID: r.PhysicalID}, err
}

// retag replaces the tags of a stream.
func (s streamResource) retag(ctx context.Context, name string, old, tags []tag) error {
	add := tagMap(tags)
	var remove []string
	for _, t := range old {
		if _, stays := add[t.Key]; !stays {
			remove = append(remove, t.Key)
		}
	}
	if len(remove) > 0 {
		if err := s.kinesis.RemoveTagsFromStream(ctx, kinesis.RemoveTagsFromStreamInput{StreamName: name, TagKeys: remove}); err != nil {
			return err
		}
	}
	if len(add) == 0 {
		return nil
	}
	return s.kinesis.AddTagsToStream(ctx, kinesis.AddTagsToStreamInput{StreamName: name, Tags: add})
}

// Delete implements cloudformation.Provisioner.
func (s streamResource) Delete(ctx context.Context, r cloudformation.Request) error {
	// A creation that was cancelled, or an update, may be under way.
	if _, err := s.active(ctx, r.PhysicalID); err != nil {
		return err
	}
	if err := s.kinesis.DeleteStream(ctx, kinesis.DeleteStreamInput{StreamName: r.PhysicalID}); err != nil {
		return kinesisError(err)
	}
	return settle(ctx, func() (bool, error) {
		_, err := s.kinesis.DescribeStreamSummary(ctx, kinesis.DescribeStreamSummaryInput{StreamName: r.PhysicalID})
		var e *kinesis.Error
		if errors.As(err, &e) && e.Code == kinesis.CodeResourceNotFound {
			return true, nil
		}
		return false, err
	})
}

// kinesisError gives an error of Kinesis the code that a resource handler would.
func kinesisError(err error) error {
	var e *kinesis.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case kinesis.CodeResourceNotFound:
		code = cloudformation.CodeNotFound
	case kinesis.CodeResourceInUse:
		code = cloudformation.CodeAlreadyExists
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
