package sns_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/sns"
)

func Example() {
	q := &queues{sent: map[string][]string{}}
	svc, err := sns.New(sns.Config{Region: "us-east-1", AccountID: "000000000000", Queues: q})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	topic, err := svc.CreateTopic(ctx, "failed", nil)
	if err != nil {
		panic(err)
	}
	if _, err := svc.Subscribe(ctx, sns.SubscribeInput{
		TopicArn: topic, Protocol: "sqs", Endpoint: queueARN, Attributes: map[string]string{"RawMessageDelivery": "true"},
	}); err != nil {
		panic(err)
	}
	if _, err := svc.Publish(ctx, topic, "", "a batch"); err != nil {
		panic(err)
	}
	fmt.Println(q.got(queueARN))
	// Output: [a batch]
}
