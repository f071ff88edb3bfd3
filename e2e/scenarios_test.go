package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/spillway/spillway/pkg/client"
)

// scenario is something that Spillway does, and what it needs of a stack.
type scenario struct {
	name  string
	run   func(t *testing.T, s Stack)
	needs []Need
}

// scenarios are run in this order on one stack.
func scenarios() []scenario {
	begun := time.Now()
	return []scenario{
		{"weather history", weatherHistory, nil},
		{"put record", putRecord, nil},
		{"command line", commandLine, nil},
		{"access", access, nil},
		{"transport", transport, nil},
		{"three customers side by side", sideBySide, nil},
		{"operator shuts a client out", shutOut, []Need{Policy}},
		{"disconnect", disconnect, []Need{Log}},
		{"customers come and go", customersComeAndGo, nil},
		{"filter attached to a grant", attachedFilter, []Need{Policy}},
		{"certificate replaced", certificateReplaced, []Need{Certificate}},
		{"large record", largeRecord, nil},
		{"aggregated record", aggregatedRecord, nil},
		{"unrouted record", unroutedRecord, nil},
		{"malformed input stops nobody", malformedInput, nil},
		{"redis full", redisFull, []Need{FullMemory}},
		{"gateway killed", gatewayKilled, nil},
		{"replay after a loss", replayAfterLoss, []Need{Loss, Log}},
		{"expired token", expiredToken, []Need{OldToken}}, // as late as can be: some stacks have to wait for one
		{"nothing given up", func(t *testing.T, s Stack) { nothingGivenUp(t, s, begun) }, nil},
	}
}

// patience bounds what may take long on a loaded machine; nothing waits for it.
const patience = 60 * time.Second

func wantPrompt(t *testing.T, s Stack, took time.Duration) {
	t.Helper()
	t.Logf("the event came %s after its record", took)
	if most := s.Promptly(); took > most {
		t.Errorf("the event came %s after its record, want at most %s", took, most)
	}
}

// runScenarios runs all scenarios on a stack that is called so in the table of results.
func runScenarios(t *testing.T, name string, s Stack) {
	var results []result
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			begin, why := time.Now(), ""
			t.Cleanup(func() { results = append(results, newResult(t, sc.name, why, time.Since(begin))) })
			for _, n := range sc.needs {
				if why = s.Lacks(n); why != "" {
					t.Skipf("not on this stack: %s", why)
				}
			}
			sc.run(t, s)
		})
	}
	tell(t, name, results)
}

// weather is the topic of a state's reports.
func weather(s Stack, state string) string { return "weather.us." + s.Own(state) }

// own are names of a stack's own.
func own(s Stack, names ...string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = s.Own(name)
	}
	return list
}

// put puts one record and returns its sequence number.
func put(t *testing.T, s Stack, key string, data []byte) string {
	t.Helper()
	out, err := kinesis.NewFromConfig(s.AWS()).PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String(s.StreamName()), PartitionKey: &key, Data: data,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.SequenceNumber
}

// report is a weather record that a test can tell from all others.
func report(s Stack, state string, number int) []byte {
	return fmt.Appendf(nil, `{"state":%q,"number":%d,"nonce":%q}`, s.Own(state), number, rand())
}

// putRecord: a record put with an ordinary client is on a customer's stream within
// a second, and only there.
func putRecord(t *testing.T, s Stack) {
	ny := subscribe(t, s, NewYork, client.Subscription{})
	all := subscribe(t, s, Institute, client.Subscription{Patterns: []string{"weather.us.*"}})
	// The first record may start the function; the second one finds it warm.
	put(t, s, "KNYC", report(s, "ny", 0))
	ny.take(t, 1)
	data := report(s, "ny", 1)
	start := time.Now()
	seq := put(t, s, "KNYC", data)
	ev, at := ny.next(t, time.After(patience))
	wantPrompt(t, s, at.Sub(start))
	if ev.Topic != weather(s, "ny") || ev.PartitionKey != "KNYC" || string(ev.Data) != string(data) {
		t.Errorf("event %+v", ev)
	}
	if want := ":" + seq + ":0"; len(ev.ID) < len(want) || ev.ID[len(ev.ID)-len(want):] != want {
		t.Errorf("id %s, want the sequence number %s in it", ev.ID, seq)
	}
	if d := time.Since(ev.ArrivalTime); d < -time.Second || d > patience {
		t.Errorf("arrival %s ago", d)
	}
	put(t, s, "KPHL", report(s, "pa", 2))
	all.take(t, 3)
	ny.nothing(t)
}

// largeRecord: a record as large as Kinesis allows passes; a larger one gets
// Kinesis's error.
func largeRecord(t *testing.T, s Stack) {
	sub := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "mt")}})
	const limit = 1 << 20 // of data and partition key together
	key := "large"
	frame := fmt.Sprintf(`{"state":%q,"pad":""}`, s.Own("mt"))
	data := fmt.Appendf(nil, `{"state":%q,"pad":%q}`, s.Own("mt"), strings.Repeat("x", limit-len(key)-len(frame)))
	if len(data)+len(key) != limit {
		t.Fatalf("the test makes a record of %d bytes", len(data)+len(key))
	}
	put(t, s, key, data)
	if ev := sub.take(t, 1)[0]; string(ev.Data) != string(data) {
		t.Errorf("got %d bytes, want %d, the same", len(ev.Data), len(data))
	}
	_, err := kinesis.NewFromConfig(s.AWS()).PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String(s.StreamName()), PartitionKey: &key, Data: append(data, ' '),
	})
	var refused *types.InvalidArgumentException
	var invalid interface{ ErrorCode() string }
	if !errors.As(err, &refused) && (!errors.As(err, &invalid) || invalid.ErrorCode() != "ValidationException") {
		t.Errorf("a byte more: %v, want Kinesis's error", err)
	}
}

// unroutedRecord: a record that has no topic goes to the operators, and to nobody
// else.
func unroutedRecord(t *testing.T, s Stack) {
	operator := subscribe(t, s, Operator, client.Subscription{Patterns: []string{"$spillway.unrouted"}})
	everything := subscribe(t, s, Operator, client.Subscription{Patterns: []string{"weather.>"}})
	key := s.Own("unrouted")
	for _, data := range []string{`not JSON`, `{"no":"state"}`, `{"state":"n.y"}`, `{"state":["ny"]}`, `{"state":"$x"}x`} {
		put(t, s, key, []byte(data))
		if ev := operator.take(t, 1)[0]; string(ev.Data) != data || ev.Topic != "$spillway.unrouted" {
			t.Errorf("event %s %q, want %q", ev.Topic, ev.Data, data)
		}
	}
	put(t, s, key, report(s, "ny", 1))
	everything.take(t, 1)
	everything.nothing(t)
}

// malformedInput: payloads that are nonsense to the consumer reach the operators,
// and everything around them its subscribers, in order.
func malformedInput(t *testing.T, s Stack) {
	sub := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "nv")}})
	magic := []byte{0xf3, 0x89, 0x9a, 0xc2}
	bad := [][]byte{{0}, magic, append(magic[:4:4], make([]byte, 16)...), []byte(`{"state":`), []byte("\xff\xfe{}"), make([]byte, 1000)}
	for i, data := range bad {
		put(t, s, "K", report(s, "nv", i))
		put(t, s, "K", data)
	}
	for i, ev := range sub.take(t, len(bad)) {
		if want := fmt.Sprintf(`"number":%d,`, i); !contains(ev.Data, want) {
			t.Errorf("event %d is %s", i, ev.Data)
		}
	}
}

// gatewayKilled: a gateway that is killed loses nothing for a subscriber that comes
// back by itself. The gateway after it may send some events again: it is the client
// that shows each of them once.
func gatewayKilled(t *testing.T, s Stack) {
	sub := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "vt")}})
	const rounds, each = 3, 20
	n := 0
	for range rounds {
		for range each {
			put(t, s, "KBTV", report(s, "vt", n))
			n++
		}
		s.KillGateway(t)
	}
	for i, ev := range sub.take(t, n) {
		if want := fmt.Sprintf(`"number":%d,`, i); !contains(ev.Data, want) {
			t.Fatalf("event %d is %s", i, ev.Data)
		}
	}
	put(t, s, "KBTV", report(s, "vt", n))
	sub.take(t, 1)
	sub.nothing(t)
}

// nothingGivenUp: after all that the scenarios have done since they began, no record has ended
// in the bucket of those that could not be processed.
func nothingGivenUp(t *testing.T, s Stack, begun time.Time) {
	cfg := s.AWS()
	objects := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil })
	pages := s3.NewListObjectsV2Paginator(objects, &s3.ListObjectsV2Input{Bucket: aws.String(s.FailureBucket())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			if !o.LastModified.Before(begun.Truncate(time.Second)) { // S3 tells seconds
				t.Errorf("%s: %d bytes", aws.ToString(o.Key), aws.ToInt64(o.Size))
			}
		}
	}
}
