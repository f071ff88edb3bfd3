package kinesis_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// awsCLI runs the stock AWS CLI against w and gives its output.
func awsCLI(t *testing.T, w *world, args ...string) (string, error) {
	t.Helper()
	args = append([]string{"--endpoint-url", w.url, "--region", testRegion, "--output", "json", "kinesis"}, args...)
	cmd := exec.CommandContext(t.Context(), "aws", args...)
	mine := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	cmd.Env = slices.Concat(mine, []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true"})
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", errors.New(stderr.String())
	}
	return stdout.String(), nil
}

func TestStockCLI(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("THE STOCK aws CLI IS NOT INSTALLED: that it can create, put and get is not tested here")
	}
	w := newWorld(t, func(c *kinesis.Config) { c.Now = nil })
	must := func(args ...string) map[string]any {
		t.Helper()
		out, err := awsCLI(t, w, args...)
		if err != nil {
			t.Fatalf("aws kinesis %v: %v", args, err)
		}
		var m map[string]any
		if out != "" {
			if err := json.Unmarshal([]byte(out), &m); err != nil {
				t.Fatalf("aws kinesis %v printed %q: %v", args, out, err)
			}
		}
		return m
	}
	must("create-stream", "--stream-name", "s", "--shard-count", "1")
	must("wait", "stream-exists", "--stream-name", "s")
	put := must("put-record", "--stream-name", "s", "--partition-key", "k", "--data", "aGVsbG8=")
	iter := must("get-shard-iterator", "--stream-name", "s", "--shard-id", shard0, "--shard-iterator-type", "TRIM_HORIZON")
	got := must("get-records", "--shard-iterator", iter["ShardIterator"].(string))
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
	_, err := awsCLI(t, w, "describe-stream", "--stream-name", "nope")
	if err == nil || !strings.Contains(err.Error(), "(ResourceNotFoundException)") ||
		!strings.Contains(err.Error(), "Stream nope under account 123456789012 not found.") {
		t.Errorf("an unknown stream: %v", err)
	}
}
