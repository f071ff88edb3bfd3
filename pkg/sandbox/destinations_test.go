package sandbox

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
	"github.com/spillway/spillway/pkg/sandbox/s3"
	"github.com/spillway/spillway/pkg/sandbox/sns"
	"github.com/spillway/spillway/pkg/sandbox/sqs"
)

// Every kind of destination gets the message, in the form that it has on AWS.
func TestDestinations(t *testing.T) {
	t.Parallel()
	queues, err := sqs.New(sqs.Config{Region: DefaultRegion, AccountID: DefaultAccountID, Endpoint: "http://sandbox"})
	if err != nil {
		t.Fatal(err)
	}
	topics, err := sns.New(sns.Config{Region: DefaultRegion, AccountID: DefaultAccountID, Queues: queues})
	if err != nil {
		t.Fatal(err)
	}
	d := destinations{s3.New(s3.Config{Logger: slog.New(slog.DiscardHandler)}), queues, topics}
	for _, arn := range []string{bucketARN + "failed", queues.ARN("failed"), topics.ARN("failed"), "arn:aws:events:us-east-1:000000000000:event-bus/b"} {
		if err := d.Send(t.Context(), arn, eventsource.Message{Key: "k", Body: []byte("x")}); err == nil || !strings.Contains(err.Error(), arn) {
			t.Errorf("sending to %s, which does not exist: %v", arn, err)
		}
	}
	queue, err := queues.CreateQueue(t.Context(), sqs.CreateQueueInput{QueueName: "failed"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.CreateTopic(t.Context(), "failed", nil); err != nil {
		t.Fatal(err)
	}
	if err := d.buckets.CreateBucket("failed"); err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Subscribe(t.Context(), sns.SubscribeInput{TopicArn: topics.ARN("failed"), Protocol: "sqs", Endpoint: queues.ARN("failed")}); err != nil {
		t.Fatal(err)
	}
	for _, arn := range []string{bucketARN + "failed", queues.ARN("failed"), topics.ARN("failed")} {
		if err := d.Send(t.Context(), arn, eventsource.Message{Key: "k", Body: []byte("to " + arn)}); err != nil {
			t.Error(err)
		}
	}
	if object, err := d.buckets.Get("failed", "k"); err != nil || string(object) != "to "+bucketARN+"failed" {
		t.Errorf("object %s, %v", object, err)
	}
	ten := 10
	got, err := queues.ReceiveMessage(t.Context(), sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: &ten})
	if err != nil || len(got) != 2 || got[0].Body != "to "+queues.ARN("failed") || !strings.Contains(got[1].Body, `"Message":"to `+topics.ARN("failed")+`"`) {
		t.Errorf("messages %+v, %v", got, err)
	}
}

// Queues and topics are behind the sandbox's one port.
func TestQueuesAndTopics(t *testing.T) {
	_, cfg := running(t)
	queues, topics := awssqs.NewFromConfig(cfg), awssns.NewFromConfig(cfg)
	queue, err := queues.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("q")})
	if err != nil {
		t.Fatal(err)
	}
	if want := *cfg.BaseEndpoint + "/" + DefaultAccountID + "/q"; *queue.QueueUrl != want {
		t.Errorf("URL %s, want %s", *queue.QueueUrl, want)
	}
	topic, err := topics.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("t")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Subscribe(t.Context(), &awssns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:000000000000:q"),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	got, err := queues.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 1})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if diff := cmp.Diff("hello", *got.Messages[0].Body); diff != "" {
		t.Error(diff)
	}
}
