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
	MaxRecordSizeInKiB   int
	StreamEncryption     *streamEncryption
	Tags                 []tag
}

type streamEncryption struct{ EncryptionType, KeyId string }

func (p *streamProperties) read(r cloudformation.Request) error {
	p.RetentionPeriodHours = defaultRetentionHours
	if err := decode(r, p); err != nil {
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
	in := kinesis.CreateStreamInput{StreamName: p.Name, ShardCount: p.ShardCount, StreamModeDetails: p.StreamModeDetails, Tags: tagMap(p.Tags),
		MaxRecordSizeInKiB: p.MaxRecordSizeInKiB}
	if err := s.kinesis.CreateStream(ctx, in); err != nil {
		return cloudformation.Result{}, kinesisError(err)
	}
	res := cloudformation.Result{PhysicalID: p.Name}
	arn, err := s.active(ctx, p.Name)
	if err != nil {
		return res, err
	}
	res.Attributes = map[string]any{"Arn": arn}
	fresh := p
	fresh.RetentionPeriodHours, fresh.StreamEncryption = defaultRetentionHours, nil
	return res, s.change(ctx, p.Name, fresh, p)
}

// change makes a stream of one with other properties, all but its tags. Each
// change makes it busy, and waits until it is ACTIVE again.
func (s streamResource) change(ctx context.Context, name string, old, next streamProperties) error {
	arn, err := s.active(ctx, name)
	if err != nil {
		return err
	}
	for _, step := range s.changes(ctx, arn, old, next) {
		if err := step(); err != nil {
			return kinesisError(err)
		}
		if _, err := s.active(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// changes lists what has to be done, one after another.
func (s streamResource) changes(ctx context.Context, arn string, old, next streamProperties) []func() error {
	var steps []func() error
	add := func(needed bool, step func() error) {
		if needed {
			steps = append(steps, step)
		}
	}
	retention := kinesis.RetentionPeriodInput{StreamARN: arn, RetentionPeriodHours: next.RetentionPeriodHours}
	add(next.RetentionPeriodHours > old.RetentionPeriodHours, func() error { return s.kinesis.IncreaseStreamRetentionPeriod(ctx, retention) })
	add(next.RetentionPeriodHours < old.RetentionPeriodHours, func() error { return s.kinesis.DecreaseStreamRetentionPeriod(ctx, retention) })
	add(next.onDemand() != old.onDemand(), func() error {
		mode := kinesis.ModeProvisioned
		if next.onDemand() {
			mode = kinesis.ModeOnDemand
		}
		return s.kinesis.UpdateStreamMode(ctx, kinesis.UpdateStreamModeInput{StreamARN: arn, StreamModeDetails: &kinesis.StreamModeDetails{StreamMode: mode}})
	})
	add(!next.onDemand() && next.ShardCount != old.ShardCount, func() error {
		_, err := s.kinesis.UpdateShardCount(ctx, kinesis.UpdateShardCountInput{StreamARN: arn, TargetShardCount: next.ShardCount, ScalingType: "UNIFORM_SCALING"})
		return err
	})
	size := next.MaxRecordSizeInKiB
	if size == 0 {
		size = kinesis.DefaultMaxRecordKiB
	}
	add(next.MaxRecordSizeInKiB != old.MaxRecordSizeInKiB, func() error {
		return s.kinesis.UpdateMaxRecordSize(ctx, kinesis.UpdateMaxRecordSizeInput{StreamARN: arn, MaxRecordSizeInKiB: size})
	})
	return append(steps, s.encryption(ctx, arn, old.StreamEncryption, next.StreamEncryption)...)
}

// encryption lists what has to be done for another encryption.
func (s streamResource) encryption(ctx context.Context, arn string, old, next *streamEncryption) []func() error {
	input := func(e *streamEncryption) kinesis.StreamEncryptionInput {
		return kinesis.StreamEncryptionInput{StreamARN: arn, EncryptionType: e.EncryptionType, KeyId: e.KeyId}
	}
	switch {
	case next != nil && (old == nil || *next != *old):
		return []func() error{func() error { return s.kinesis.StartStreamEncryption(ctx, input(next)) }}
	case next == nil && old != nil:
		return []func() error{func() error { return s.kinesis.StopStreamEncryption(ctx, input(old)) }}
	default:
		return nil
	}
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
	return cloudformation.Result{PhysicalID: r.PhysicalID}, s.change(ctx, r.PhysicalID, old, p)
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
	if err := s.kinesis.DeleteStream(ctx, kinesis.DeleteStreamInput{StreamName: r.PhysicalID, EnforceConsumerDeletion: true}); err != nil {
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
