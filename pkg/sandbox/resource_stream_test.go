package sandbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// TestStreamIsChangedByItsProperties goes through what a template can change of a stream.
func TestStreamIsChangedByItsProperties(t *testing.T) {
	t.Parallel()
	service := kinesis.New(kinesis.Config{StateDelay: time.Millisecond})
	defer service.Close()
	s := streamResource{service}
	type facts struct {
		Mode, Key    string
		Shards, KiB  int
		RetainsHours int
	}
	look := func() facts {
		t.Helper()
		out, err := service.DescribeStreamSummary(t.Context(), kinesis.DescribeStreamSummaryInput{StreamName: "s"})
		if err != nil {
			t.Fatal(err)
		}
		d := out.StreamDescriptionSummary
		return facts{d.StreamModeDetails.StreamMode, d.KeyId, d.OpenShardCount, d.MaxRecordSizeInKiB, d.RetentionPeriodHours}
	}
	before := map[string]any{"Name": "s", "ShardCount": 2}
	r := cloudformation.Request{LogicalID: "S", PhysicalID: "s", Properties: before}
	if _, err := s.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		more map[string]any
		want facts
	}{
		{"shards", map[string]any{"ShardCount": 4}, facts{"PROVISIONED", "", 4, 1024, 24}},
		{"key", map[string]any{"StreamEncryption": map[string]any{"EncryptionType": "KMS", "KeyId": "alias/a"}}, facts{"PROVISIONED", "alias/a", 2, 1024, 24}},
		{"size and retention", map[string]any{"MaxRecordSizeInKiB": 2048, "RetentionPeriodHours": 48}, facts{"PROVISIONED", "", 2, 2048, 48}},
		{"mode", map[string]any{"StreamModeDetails": map[string]any{"StreamMode": "ON_DEMAND"}, "ShardCount": nil}, facts{"ON_DEMAND", "", 2, 1024, 24}},
		{"nothing", nil, facts{"PROVISIONED", "", 2, 1024, 24}},
	} {
		next := map[string]any{"Name": "s", "ShardCount": 2}
		for k, v := range step.more {
			if next[k] = v; v == nil {
				delete(next, k)
			}
		}
		update := r
		update.OldProperties, update.Properties = before, next
		if _, err := s.Update(t.Context(), update); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, look()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		before = next
	}
	if err := s.Delete(t.Context(), r); err != nil {
		t.Error(err)
	}
	bad := r
	bad.Properties = map[string]any{"Name": "s", "StreamEncryption": map[string]any{"EncryptionType": "KMS", "KeyId": "no key"}}
	if _, err := s.Create(t.Context(), bad); err == nil {
		t.Error("a key of no known form is taken")
	}
}
