package lambda_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

func Example() {
	dir, err := os.MkdirTemp("", "lambda")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	service, err := lambda.New(lambda.Config{
		AccountID: "000000000000", Region: "us-east-1", StateDir: dir, Logger: slog.New(slog.DiscardHandler),
		Objects: objects{}, Streams: newStream(), Destinations: &destination{}, // what surrounds it
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer service.Close(context.Background()) // kills what runs; service is also an http.Handler for AWS clients

	_, err = service.Invoke(context.Background(), lambda.InvokeInput{FunctionName: "consumer"})
	fmt.Println(err)
	// Output: ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:consumer
}
