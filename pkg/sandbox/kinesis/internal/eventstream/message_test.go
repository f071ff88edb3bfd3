package eventstream_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"

	ours "github.com/spillway/spillway/pkg/sandbox/kinesis/internal/eventstream"
)

// The SDK reads what Append writes, one message after another.
func TestAppendIsReadByTheSDK(t *testing.T) {
	t.Parallel()
	raw := ours.Append(nil, []ours.Header{{Name: ":event-type", Value: "a"}, {Name: ":message-type", Value: ""}}, []byte("payload"))
	raw = ours.Append(raw, nil, nil)
	decoder, in := eventstream.NewDecoder(), bytes.NewReader(raw)
	first, err := decoder.Decode(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"payload": string(first.Payload)}
	for _, h := range first.Headers {
		got[h.Name] = h.Value.String()
	}
	if diff := cmp.Diff(map[string]string{":event-type": "a", ":message-type": "", "payload": "payload"}, got); diff != "" {
		t.Errorf("first message (-want +got):\n%s", diff)
	}
	second, err := decoder.Decode(in, nil)
	if err != nil || len(second.Headers) != 0 || len(second.Payload) != 0 || in.Len() != 0 {
		t.Errorf("second message: %+v, %v, %d bytes left", second, err, in.Len())
	}
}
