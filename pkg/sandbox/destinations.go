package sandbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
	"github.com/spillway/spillway/pkg/sandbox/s3"
	"github.com/spillway/spillway/pkg/sandbox/sns"
	"github.com/spillway/spillway/pkg/sandbox/sqs"
)

// The beginnings of the ARNs of what a message can be sent to.
const (
	bucketARN = "arn:aws:s3:::"
	queueARN  = "arn:aws:sqs:"
	topicARN  = "arn:aws:sns:"
)

// destinations sends what Lambda could not process, or has processed, to a bucket, a
// queue or a topic.
type destinations struct {
	buckets *s3.Service
	queues  *sqs.Service
	topics  *sns.Service
}

// Check implements lambda.Destinations.
func (d destinations) Check(_ context.Context, arn string) error {
	bucket, isBucket := strings.CutPrefix(arn, bucketARN)
	switch {
	case isBucket && !d.buckets.BucketExists(bucket):
		return fmt.Errorf("destination %s: no such bucket", arn)
	case strings.HasPrefix(arn, queueARN) && !d.queues.Exists(arn):
		return fmt.Errorf("destination %s: no such queue", arn)
	case strings.HasPrefix(arn, topicARN) && !d.topics.Exists(arn):
		return fmt.Errorf("destination %s: no such topic", arn)
	case !isBucket && !strings.HasPrefix(arn, queueARN) && !strings.HasPrefix(arn, topicARN):
		return fmt.Errorf("destination %s: want the ARN of a bucket, a queue or a topic", arn)
	}
	return nil
}

// Send implements eventsource.Destinations.
func (d destinations) Send(ctx context.Context, arn string, m eventsource.Message) error {
	if err := d.Check(ctx, arn); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(arn, queueARN):
		return d.queues.Send(ctx, arn, m.Body)
	case strings.HasPrefix(arn, topicARN):
		_, err := d.topics.Publish(ctx, arn, "", string(m.Body))
		return err
	}
	return d.buckets.Put(strings.TrimPrefix(arn, bucketARN), m.Key, m.Body)
}
