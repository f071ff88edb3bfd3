package logs_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/logs"
)

func Example() {
	svc, err := logs.New(logs.Config{Region: "us-east-1", AccountID: "000000000000"})
	if err != nil {
		panic(err)
	}
	if err := svc.Append("/aws/lambda/f", "2026/03/01/[$LATEST]0", "hello\n"); err != nil {
		panic(err)
	}
	out, err := svc.FilterLogEvents(context.Background(), logs.FilterLogEventsInput{LogGroupName: "/aws/lambda/f"})
	if err != nil {
		panic(err)
	}
	fmt.Print(out.Events[0].Message)
	// Output: hello
}
