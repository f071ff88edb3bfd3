package kinesis_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// A caller in the same process puts a record and tails the shard it went to.
func Example() {
	ctx := context.Background()
	s := kinesis.New(kinesis.Config{Region: "us-east-1", AccountID: "000000000000", StateDelay: -1})
	defer s.Close()
	if err := s.CreateStream(ctx, kinesis.CreateStreamInput{StreamName: "weather", ShardCount: 2}); err != nil {
		fmt.Println(err)
		return
	}
	put, err := s.PutRecord(ctx, kinesis.PutRecordInput{StreamName: "weather", PartitionKey: "KNYC", Data: []byte("sunny")})
	if err != nil {
		fmt.Println(err)
		return
	}
	arn, from := "arn:aws:kinesis:us-east-1:000000000000:stream/weather", kinesis.TrimHorizon()
	if err := s.WaitShard(ctx, arn, put.ShardId, from); err != nil {
		fmt.Println(err)
		return
	}
	read, err := s.ReadShard(ctx, arn, put.ShardId, from, 100, 1<<20)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range read.Records {
		fmt.Printf("%s %s: %s\n", put.ShardId, r.PartitionKey, r.Data)
	}
	// Output: shardId-000000000000 KNYC: sunny
}
