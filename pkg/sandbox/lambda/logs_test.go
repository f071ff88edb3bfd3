package lambda_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// logs remembers what was logged, by group and stream.
type logs struct {
	mu   sync.Mutex // guards text
	text map[string]map[string][]string
}

func (l *logs) Append(group, stream string, messages ...string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text == nil {
		l.text = map[string]map[string][]string{}
	}
	if l.text[group] == nil {
		l.text[group] = map[string][]string{}
	}
	l.text[group][stream] = append(l.text[group][stream], messages...)
	return nil
}

// streams are the texts of a group's streams, and of each whether every message ends a line.
func (l *logs) streams(t *testing.T, group string) []string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for name, messages := range l.text[group] {
		if !regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(name) {
			t.Errorf("stream %s", name)
		}
		for _, m := range messages {
			if !strings.HasSuffix(m, "\n") || strings.Count(m, "\n") != 1 {
				t.Errorf("message %q is no line", m)
			}
		}
		all = append(all, strings.Join(messages, ""))
	}
	return all
}

// Each environment has a stream, with the lines of Lambda around those of the function.
func TestLogStreams(t *testing.T) {
	t.Parallel()
	const (
		start  = `START RequestId: ` + uuidExpr + ` Version: \$LATEST\n`
		end    = `END RequestId: ` + uuidExpr + `\n`
		report = `REPORT RequestId: ` + uuidExpr + "\tDuration: [0-9]+\\.[0-9]{2} ms\tBilled Duration: [0-9]+ ms\tMemory Size: 128 MB\tMax Memory Used: [0-9]+ MB\t"
		first  = "Init Duration: [0-9]+\\.[0-9]{2} ms\t"
		begin  = "INIT_START Runtime Version: [^\t]+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\ninitialised\n"
	)
	tests := map[string]struct {
		payloads []string
		want     string
	}{
		"a cold and a warm start": {[]string{`{"do":"echo","text":"a"}`, `{"do":"echo","text":"b"}`},
			begin + start + "echoing a\n" + end + report + first + "\n" + start + "echoing b\n" + end + report + "\n"},
		"an error": {[]string{`{"do":"fail"}`}, begin + start + `[^\n]+"errorType":"errorString"}\n` + end + report + first + "\n"},
		"an exit": {[]string{`{"do":"exit","n":3}`}, begin + start + "exiting\nRequestId: " + uuidExpr + " Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n" +
			end + report + first + "Status: error\tError Type: Runtime.ExitError\n"},
		"a timeout": {[]string{`{"do":"sleep","n":60000}`}, begin + start + `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ` + uuidExpr + " Task timed out after 1.00 seconds\n\n" +
			end + report + first + "Status: timeout\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := &logs{}
			s := newSetup(t, func(c *lambda.Config) { c.Logs = kept })
			s.create(t, "f", func(in *awslambda.CreateFunctionInput) {
				if name == "a timeout" {
					in.Timeout = aws.Int32(1)
				}
			})
			for _, p := range tt.payloads {
				s.invoke(t, "f", p)
			}
			got := kept.streams(t, "/aws/lambda/f")
			if len(got) != 1 || !regexp.MustCompile("^"+tt.want+"$").MatchString(got[0]) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// The init phase of a custom runtime is billed.
func TestInitIsBilled(t *testing.T) {
	t.Parallel()
	kept := &logs{}
	s := newSetup(t, func(c *lambda.Config) { c.Logs = kept })
	s.create(t, "f")
	s.invoke(t, "f", `{"do":"echo"}`)
	m := regexp.MustCompile("Duration: ([0-9.]+) ms\tBilled Duration: ([0-9]+) ms\t.*Init Duration: ([0-9.]+) ms").FindStringSubmatch(kept.streams(t, "/aws/lambda/f")[0])
	if m == nil {
		t.Fatal("no report")
	}
	var d [3]time.Duration
	for i := range d {
		var err error
		if d[i], err = time.ParseDuration(m[i+1] + "ms"); err != nil {
			t.Fatal(err)
		}
	}
	if sum := d[0] + d[2]; d[1] < sum || d[1] > sum+time.Millisecond+20*time.Microsecond {
		t.Errorf("billed %v for %v and an init phase of %v", d[1], d[0], d[2])
	}
}

// A process that takes more memory than its function has is killed, and the next invocation has a new one.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	if !memoryIsKnown() {
		t.Skip("THE MEMORY OF A PROCESS IS NOT KNOWN ON THIS SYSTEM: that it is limited is NOT shown by this run")
	}
	kept := &logs{}
	s := newSetup(t, func(c *lambda.Config) { c.Logs = kept })
	s.create(t, "f")
	out := s.invoke(t, "f", `{"do":"allocate","n":512}`)
	if !regexp.MustCompile(`^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ` + uuidExpr + ` Error: Runtime exited with error: signal: killed"}$`).Match(out.Payload) {
		t.Errorf("payload %s", out.Payload)
	}
	if log := kept.streams(t, "/aws/lambda/f"); !strings.Contains(log[0], "Max Memory Used: 128 MB\tInit") || !strings.Contains(log[0], "Status: error\tError Type: Runtime.OutOfMemory\n") {
		t.Errorf("log %s", log)
	}
	if again := s.invoke(t, "f", `{"do":"allocate","n":32}`); string(again.Payload) != "32" {
		t.Errorf("what fits: %s", again.Payload)
	}
}
