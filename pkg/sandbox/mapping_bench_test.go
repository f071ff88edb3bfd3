package sandbox

import (
	"bufio"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// BenchmarkPutToFunction measures the time from before PutRecord over HTTP to the handler of a warm function, which
// writes to a pipe: its median and its 99th percentile.
func BenchmarkPutToFunction(b *testing.B) {
	s := newScenario(b, 1)
	if err := syscall.Mkfifo(s.notes, 0o600); err != nil {
		b.Fatal(err)
	}
	pipe, err := os.OpenFile(s.notes, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = pipe.Close() }()
	lines := bufio.NewReader(pipe)
	s.mapped(func(*createMapping) {})
	put := func() time.Duration {
		begun := time.Now()
		if _, err := s.kinesis.PutRecord(b.Context(), &awskinesis.PutRecordInput{
			StreamName: aws.String("records"), PartitionKey: aws.String("k"), Data: []byte("a"),
		}); err != nil {
			b.Fatal(err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	put() // the cold start
	var took []time.Duration
	for b.Loop() {
		took = append(took, put())
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
