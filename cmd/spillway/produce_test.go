package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestProduceLines(t *testing.T) {
	t.Parallel()
	k := newKinesis(t)
	var in strings.Builder
	want := make(map[string][]string)
	for n := range 500 {
		key := fmt.Sprint("K", n%7)
		line := fmt.Sprintf(`{"station": %q, "n": %d}`, key, n)
		in.WriteString(line + "\n")
		want[key] = append(want[key], line)
	}
	got := spillway(t.Context(), k.env(), in.String(), "produce", "--key", "{station}")
	if diff := cmp.Diff(want, k.data); diff != "" || got.err != nil {
		t.Errorf("err %v, stream (-want +got):\n%s", got.err, diff)
	}
	if !strings.HasPrefix(got.stdout, "put 500 records (") || !strings.Contains(got.stdout, ") into weather in ") || !strings.Contains(got.stdout, ", 0 skipped\n") || strings.Contains(got.stdout, ", 0 sent again") {
		t.Errorf("stdout = %q", got.stdout)
	}
	if !strings.Contains(k.auth, "Credential=test/") || !strings.Contains(k.auth, "/us-east-1/kinesis/") {
		t.Errorf("signed with %q, want made-up credentials on loopback", k.auth)
	}
}

func TestProduceCSVWithFields(t *testing.T) {
	t.Parallel()
	k := newKinesis(t)
	path := write(t, filepath.Join(t.TempDir(), "in.csv"), "id,temp\nA,1.50\nB,x\n", 0o600)
	got := spillway(t.Context(), k.env(), "", "produce", path, "--key", "{id}", "--field", "topic=weather.us.{id}", "--field", "temp=n/a")
	want := map[string][]string{"A": {`{"id":"A","temp":"n/a","topic":"weather.us.A"}`}, "B": {`{"id":"B","temp":"n/a","topic":"weather.us.B"}`}}
	if diff := cmp.Diff(want, k.data); diff != "" || got.err != nil {
		t.Errorf("err %v, stream (-want +got):\n%s", got.err, diff)
	}
	k.data = make(map[string][]string)
	got = spillway(t.Context(), k.env(), "id,temp\nA,1.50\n", "produce", "--format", "csv", "--csv-text", "--key", "all")
	if diff := cmp.Diff(map[string][]string{"all": {`{"id":"A","temp":"1.50"}`}}, k.data); diff != "" || got.err != nil {
		t.Errorf("as text: err %v, stream (-want +got):\n%s", got.err, diff)
	}
}

func TestProduceWeather(t *testing.T) {
	t.Parallel()
	k := newKinesis(t)
	got := spillway(t.Context(), k.env(), "", "produce", "--generate", "weather", "--rate", "2000", "--count", "150", "--seed", "7")
	if got.err != nil || len(k.data) != 50 {
		t.Fatalf("%+v, %d stations", got, len(k.data))
	}
	for station, reports := range k.data {
		for i, text := range reports {
			var report struct {
				Station  string `json:"station"`
				Sequence int    `json:"sequence"`
			}
			if err := json.Unmarshal([]byte(text), &report); err != nil || report.Station != station || report.Sequence != i+1 {
				t.Errorf("report %d of %s is %s (%v)", i, station, text, err)
			}
		}
	}
}

func TestProduceBadLines(t *testing.T) {
	t.Parallel()
	huge := `{"s":"c","x":"` + strings.Repeat("x", 1<<20) + `"}`
	in := "{\"s\":\"a\"}\n{bad\n{\"t\":\"b\"}\n{\"s\":\"" + strings.Repeat("k", 257) + "\"}\n" + huge + "\n{\"s\":\"d\"}\n"
	t.Run("stop", func(t *testing.T) {
		t.Parallel()
		k := newKinesis(t)
		got := spillway(t.Context(), k.env(), in, "produce", "--key", "{s}")
		if got.exit != exitFailure || !strings.HasPrefix(got.err.Error(), "line 2: must be JSON: ") || len(k.data["a"]) != 1 || !strings.HasPrefix(got.stdout, "put 1 records") {
			t.Errorf("%+v, stream %v", got, k.data)
		}
	})
	t.Run("are skipped", func(t *testing.T) {
		t.Parallel()
		k := newKinesis(t)
		got := spillway(t.Context(), k.env(), in, "produce", "--key", "{s}", "--skip-bad")
		if diff := cmp.Diff([]string{`{"s":"a"}`, `{"s":"d"}`}, k.order); diff != "" || got.err != nil || !strings.Contains(got.stdout, ", 4 skipped") {
			t.Errorf("err %v, stdout %q, stream (-want +got):\n%s", got.err, got.stdout, diff)
		}
		for _, says := range []string{"skipped: line 2: must be JSON", "skipped: line 3: partition key {s}: field s is missing\n",
			"skipped: line 4: partition key {s} has 257 characters, must have 1 to 256\n",
			"skipped: line 5: ValidationException: 1 validation error detected: Value at 'records.1.member.data'"} {
			if !strings.Contains(got.stderr, says) {
				t.Errorf("stderr does not say %q:\n%s", says, got.stderr)
			}
		}
	})
	t.Run("are told up to a limit", func(t *testing.T) {
		t.Parallel()
		k := newKinesis(t)
		got := spillway(t.Context(), k.env(), strings.Repeat("bad\n", 100)+"{}\n", "produce", "--key", "all", "--skip-bad")
		if n := strings.Count(got.stderr, "\n"); n != maxSkipNotes+1 || !strings.Contains(got.stdout, ", 100 skipped") {
			t.Errorf("%d notes, stdout %q", n, got.stdout)
		}
	})
}

// endlessly repeats a line that breaks a rule.
type endlessly string

func (e endlessly) Read(p []byte) (int, error) { return copy(p, e), nil }

func TestSkippedLinesDoNotKeepItFromEnding(t *testing.T) {
	t.Parallel()
	k := newKinesis(t)
	got := spillway(t.Context(), k.env(), "", "produce", "--generate", "weather", "--key", "{no.such.field}", "--skip-bad")
	if got.exit != exitFailure || !strings.Contains(got.err.Error(), "partition key {no.such.field}: field no.such.field is missing") {
		t.Errorf("a template that fits no made-up record: %+v", got)
	}
	j := &job{program: &program{stderr: io.Discard}, options: produceOptions{skipBad: true, format: formatLines, duration: 20 * time.Millisecond}}
	for rec, err := range j.records(t.Context(), endlessly("bad\n")) {
		t.Errorf("record %+v, err %v", rec, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j.options.duration = 0
	for _, err := range j.records(ctx, endlessly("bad\n")) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want the ctx's", err)
		}
	}
	if j.notes.count() == 0 {
		t.Error("no line was skipped")
	}
}

// TestAWSProfile: on loopback it does not matter, elsewhere its mistakes are told
// as they are. The AWS SDK reads the process's own environment.
func TestAWSProfile(t *testing.T) {
	k := newKinesis(t)
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{"AWS_PROFILE": "work", "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_REGION": "", "AWS_DEFAULT_REGION": ""} {
		t.Setenv(name, value)
	}
	env := k.env()
	env["AWS_PROFILE"] = "work"
	got := spillway(t.Context(), env, "{}\n", "produce", "--key", "a")
	if got.err != nil || !strings.Contains(k.auth, "Credential=test/") {
		t.Errorf("on loopback: %+v, signed with %q", got, k.auth)
	}
	got = spillway(t.Context(), map[string]string{"SPILLWAY_STREAM": "weather"}, "{}\n", "produce", "--key", "a")
	if got.exit != exitUsage || !strings.Contains(got.err.Error(), "profile, work") || strings.Contains(got.err.Error(), "region") {
		t.Errorf("a profile that is not there: %+v", got)
	}
	t.Setenv("AWS_PROFILE", "")
	got = spillway(t.Context(), map[string]string{"SPILLWAY_STREAM": "weather"}, "{}\n", "produce", "--key", "a")
	if want := "no AWS region is set: give it by --region, AWS_REGION, AWS_DEFAULT_REGION or region in properties.yaml"; got.exit != exitUsage || got.err.Error() != want {
		t.Errorf("no region: %+v, want %q", got, want)
	}
}

func TestProduceFails(t *testing.T) {
	t.Parallel()
	k := newKinesis(t)
	tests := []struct {
		name string
		env  map[string]string
		args []string
		exit int
		says string
	}{
		{"no stream", map[string]string{"AWS_ENDPOINT_URL": k.url}, []string{"--key", "a"}, exitUsage, "the stream is missing: give it by --stream, SPILLWAY_STREAM or streamName in properties.yaml"},
		{"several", map[string]string{"AWS_ENDPOINT_URL": "kinesis"}, []string{"--rate", "-1", "--field", "x", "--key", "{", "--generate", "rain"}, exitUsage, "6 mistakes in the configuration"},
		{"what cannot be made up", k.env(), []string{"--generate", "sun"}, exitUsage, `--generate is "sun", must be weather`},
		{"no key", k.env(), nil, exitUsage, "the partition key is missing: give it by --key"},
		{"generate and a file", k.env(), []string{"--generate", "weather", "x.jsonl"}, exitUsage, "exclude each other"},
		{"duration of a file", k.env(), []string{"--duration", "1s", "--key", "a"}, exitUsage, "--duration needs --generate"},
		{"two files", k.env(), []string{"a", "b"}, exitUsage, "produce takes one file, has 2"},
		{"a file that is not there", k.env(), []string{"/nonexistent.jsonl", "--key", "a"}, exitFailure, "no such file"},
		{"an unknown stream", k.env(), []string{"--key", "a", "--stream", "other"}, exitFailure, "put into stream other: ResourceNotFoundException: Stream other under account 000000000000 not found."},
		{"nobody listens", k.env(), []string{"--key", "a", "--endpoint-url", "http://127.0.0.1:1"}, exitFailure, "connection refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := spillway(t.Context(), tt.env, "{}\n", append([]string{"produce"}, tt.args...)...)
			alone := got.err != nil && (strings.Contains(got.err.Error(), "mistakes in") == strings.Contains(tt.says, "mistakes in"))
			if got.exit != tt.exit || !alone || !strings.Contains(got.err.Error(), tt.says) {
				t.Errorf("exit %d, %v, want %d saying %q", got.exit, got.err, tt.exit, tt.says)
			}
		})
	}
}

func TestProduceInterrupted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		exit int
	}{
		{"an endless one", nil, 0},
		{"one with a count", []string{"--count", "1000000"}, exitInterrupted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newKinesis(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			k.came = cancel
			got := spillway(ctx, k.env(), "", append([]string{"produce", "--generate", "weather", "--rate", "1000"}, tt.args...)...)
			if got.exit != tt.exit || !strings.HasPrefix(got.stdout, "put ") {
				t.Errorf("exit %d, %v, stdout %q", got.exit, got.err, got.stdout)
			}
		})
	}
}

func TestDefaultsOfMadeUpWeather(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		o    produceOptions
		rate float64
	}{
		{"a file", produceOptions{}, 0},
		{"weather", produceOptions{generate: generateWeather}, weatherRate},
		{"weather as fast as possible", produceOptions{generate: generateWeather, rateGiven: true}, 0},
		{"weather at a rate", produceOptions{generate: generateWeather, rate: 2, rateGiven: true}, 2},
	}
	for _, tt := range tests {
		if got := tt.o.withDefaults(); got.rate != tt.rate {
			t.Errorf("%s: rate %v, want %v", tt.name, got.rate, tt.rate)
		}
	}
	k := newKinesis(t)
	const count = 6000
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // at 50 per second it would take twice that
	defer cancel()
	got := spillway(ctx, k.env(), "", "produce", "--generate", "weather", "--rate", "0", "--count", strconv.Itoa(count))
	if got.err != nil || len(k.order) != count {
		t.Errorf("%+v, %d records", got, len(k.order))
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(100, 2*time.Second)
		start := time.Now()
		n := 0
		for p.wait(t.Context()) {
			if n++; n == 50 { // a pause is made up for
				timer := time.NewTimer(300 * time.Millisecond)
				<-timer.C
			}
		}
		if took := time.Since(start); n != 200 || took > 2*time.Second {
			t.Errorf("%d records in %v, want 200 in 2 s", n, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if slow := newPace(0.001, 0); !slow.wait(ctx) || slow.wait(ctx) {
			t.Error("the pace does not end with its ctx")
		}
	})
}

func TestNullIsNoTerminal(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(null) {
		t.Errorf("%s is taken for a terminal", os.DevNull)
	}
}

func TestNoProgressWithoutATerminal(t *testing.T) {
	t.Parallel()
	if p := newProgress(io.Discard); p.w != nil {
		t.Error("progress is shown where there is no terminal")
	}
}
