package s3_test

import (
	"fmt"
	"log/slog"

	"github.com/spillway/spillway/pkg/sandbox/s3"
)

func Example() {
	service := s3.New(s3.Config{Logger: slog.New(slog.DiscardHandler)}) // also an http.Handler for S3 clients
	if err := service.CreateBucket("artifacts"); err != nil {
		fmt.Println(err)
		return
	}
	if err := service.Put("artifacts", "consumer.zip", []byte("PK")); err != nil {
		fmt.Println(err)
		return
	}
	data, err := service.Get("artifacts", "consumer.zip")
	fmt.Println(string(data), err)
	// Output: PK <nil>
}
