package sqs_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/sqs"
)

func Example() {
	svc, err := sqs.New(sqs.Config{Region: "us-east-1", AccountID: "000000000000", Endpoint: "http://127.0.0.1:4566"})
	if err != nil {
		panic(err)
	}
	defer svc.Close()
	ctx := context.Background()
	queue, err := svc.CreateQueue(ctx, sqs.CreateQueueInput{QueueName: "failed"})
	if err != nil {
		panic(err)
	}
	if err := svc.Send(ctx, svc.ARN("failed"), []byte("a batch")); err != nil {
		panic(err)
	}
	messages, err := svc.ReceiveMessage(ctx, sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil {
		panic(err)
	}
	fmt.Println(messages[0].Body)
	// Output: a batch
}
