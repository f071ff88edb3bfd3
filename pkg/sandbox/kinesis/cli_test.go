package kinesis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// awsCLI runs the stock AWS CLI against w, and gives its output. Where the CLI is a package of the python3 at hand, one
// process runs all commands: to start it takes a second.
func awsCLI(t *testing.T, w *world) func(args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("THE STOCK aws CLI IS NOT INSTALLED: what it makes of the answers is not tested here")
	}
	mine := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	env := slices.Concat(mine, []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true"})
	whole := func(args []string) []string {
		return append([]string{"--cli-read-timeout", "0", "--endpoint-url", w.url, "--region", testRegion, "--output", "json", "kinesis"}, args...)
	}
	if exec.CommandContext(t.Context(), "python3", "-c", "import awscli").Run() == nil {
		run := manyCommands(t, env)
		return func(args ...string) (string, error) { return run(whole(args)) }
	}
	return func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "aws", whole(args)...)
		cmd.Env = env
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			return "", errors.New(stderr.String())
		}
		return stdout.String(), nil
	}
}

// manyCommands starts a process that runs commands of the CLI one after another.
func manyCommands(t *testing.T, env []string) func(args []string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "python3", "testdata/aws.py") // ends with its input
	cmd.Env, cmd.Stderr = env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the CLI: %v", err)
		}
	})
	lines, answers := json.NewEncoder(in), json.NewDecoder(out)
	return func(args []string) (string, error) {
		if err := lines.Encode(args); err != nil {
			return "", err
		}
		var answer struct {
			Code     int
			Out, Err string
		}
		if err := answers.Decode(&answer); err != nil {
			return "", err
		}
		if answer.Code != 0 {
			return "", errors.New(answer.Err)
		}
		return answer.Out, nil
	}
}

// TestEveryOperationThroughCLI calls every operation with the stock AWS CLI, which has all but SubscribeToShard, whose
// events it cannot read.
func TestEveryOperationThroughCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { c.Now = nil })
	cli := awsCLI(t, w)
	var called []string
	must := func(operation string, args ...string) map[string]any {
		t.Helper()
		called = append(called, operation)
		out, err := cli(append([]string{kebab(operation)}, args...)...)
		if err != nil {
			t.Fatalf("aws kinesis %s %v: %v", kebab(operation), args, err)
		}
		var m map[string]any
		if out != "" {
			if err := json.Unmarshal([]byte(out), &m); err != nil {
				t.Fatalf("aws kinesis %s %v printed %q: %v", operation, args, out, err)
			}
		}
		return m
	}
	text := func(m map[string]any, path ...string) string {
		t.Helper()
		var v any = m
		for _, name := range path {
			v = v.(map[string]any)[name]
		}
		s, _ := v.(string)
		return s
	}
	name, arn := []string{"--stream-name", "s"}, []string{"--stream-arn", arnOf("s")}
	resource := []string{"--resource-arn", arnOf("s")}
	with := func(base []string, more ...string) []string { return slices.Concat(base, more) }

	must("CreateStream", with(name, "--shard-count", "1")...)
	put := must("PutRecord", with(name, "--partition-key", "k", "--data", "aGVsbG8=")...)
	iter := must("GetShardIterator", with(name, "--shard-id", shard0, "--shard-iterator-type", "TRIM_HORIZON")...)
	got := must("GetRecords", "--shard-iterator", text(iter, "ShardIterator"))
	records, _ := got["Records"].([]any)
	if len(records) != 1 {
		t.Fatalf("get-records: %v", got)
	}
	r, _ := records[0].(map[string]any)
	if r["SequenceNumber"] != put["SequenceNumber"] || r["PartitionKey"] != "k" {
		t.Errorf("put %v, got %v", put, r)
	}
	if _, has := r["EncryptionType"]; has {
		t.Errorf("a record of a plain stream has an EncryptionType: %v", r)
	}
	must("PutRecords", with(arn, "--records", "Data=aGVsbG8=,PartitionKey=a")...)
	must("UpdateMaxRecordSize", with(arn, "--max-record-size-in-ki-b", "2048")...)
	key := []string{"--encryption-type", "KMS", "--key-id", "alias/aws/kinesis"}
	must("StartStreamEncryption", with(arn, key...)...)
	must("StopStreamEncryption", with(arn, key...)...)
	must("EnableEnhancedMonitoring", with(arn, "--shard-level-metrics", "ALL")...)
	must("DisableEnhancedMonitoring", with(arn, "--shard-level-metrics", "ALL")...)
	must("AddTagsToStream", with(arn, "--tags", "a=1,b=2")...)
	must("RemoveTagsFromStream", with(arn, "--tag-keys", "a")...)
	must("TagResource", with(resource, "--tags", "c=3")...)
	must("UntagResource", with(resource, "--tag-keys", "c")...)
	must("ListTagsForStream", arn...)
	must("ListTagsForResource", resource...)
	must("PutResourcePolicy", with(resource, "--policy", `{"Statement":[]}`)...)
	if policy := text(must("GetResourcePolicy", resource...), "Policy"); policy != `{"Statement":[]}` {
		t.Errorf("policy %q", policy)
	}
	must("DeleteResourcePolicy", resource...)
	consumer := must("RegisterStreamConsumer", with(arn, "--consumer-name", "fan")...)
	must("DescribeStreamConsumer", "--consumer-arn", text(consumer, "Consumer", "ConsumerARN"))
	must("ListStreamConsumers", arn...)
	must("DeregisterStreamConsumer", with(arn, "--consumer-name", "fan")...)
	must("UpdateShardCount", with(arn, "--target-shard-count", "2", "--scaling-type", "UNIFORM_SCALING")...)
	must("MergeShards", with(arn, "--shard-to-merge", "shardId-000000000001", "--adjacent-shard-to-merge", "shardId-000000000002")...)
	must("SplitShard", with(arn, "--shard-to-split", "shardId-000000000003", "--new-starting-hash-key", "1000")...)
	must("ListShards", arn...)
	must("UpdateStreamMode", with(arn, "--stream-mode-details", "StreamMode=ON_DEMAND")...)
	must("UpdateAccountSettings", "--minimum-throughput-billing-commitment", "Status=ENABLED")
	must("DescribeAccountSettings")
	must("UpdateStreamWarmThroughput", with(arn, "--warm-throughput-mi-bps", "3")...)
	must("DescribeLimits")
	must("IncreaseStreamRetentionPeriod", with(arn, "--retention-period-hours", "48")...)
	must("DecreaseStreamRetentionPeriod", with(arn, "--retention-period-hours", "24")...)
	must("DescribeStream", arn...)
	must("DescribeStreamSummary", arn...)
	must("ListStreams")
	must("DeleteStream", arn...)

	_, err := cli("describe-stream", "--stream-name", "nope")
	if err == nil || !strings.Contains(err.Error(), "(ResourceNotFoundException)") ||
		!strings.Contains(err.Error(), "Stream nope under account 123456789012 not found.") {
		t.Errorf("an unknown stream: %v", err)
	}
	want := slices.DeleteFunc(kinesis.Operations(), func(name string) bool { return name == "SubscribeToShard" })
	if diff := cmp.Diff(want, slices.Compact(slices.Sorted(slices.Values(called)))); diff != "" {
		t.Errorf("operations called (-want +got):\n%s", diff)
	}
}

// kebab is how the CLI calls an operation.
func kebab(operation string) string {
	var b strings.Builder
	for i, c := range operation {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
