package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
)

// filled is a report of some of everything.
func filled(out io.Writer) *report {
	r := newReport(out, "a machine")
	slow := figures{Seconds: 2, Deliveries: 200, CPU: 0.001, Appended: 100, RedisCPU: 0.0001, P99: 4}
	fast := figures{Seconds: 2, Deliveries: 400, CPU: 0.001, Appended: 100, P99: 2}
	r.measured("fanout", ours, []figures{slow, slow})
	r.measured("fanout", bareGo, []figures{fast, slow})
	r.compare("fanout_1000_vs_bare", []float64{100, 100}, []float64{200, 100})
	r.figure("idle_stream_kb", 39)
	r.curve(curve{"topics", "us", []point{{1, 10}, {100, 20}}})
	r.note("a <note>")
	return r
}

func TestReportPrint(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	filled(&out).print()
	for _, want := range []string{
		"fanout    ours                          100       -      5.00", "fanout    bare                          150     67%      3.75",
		"fanout_1000_vs_bare                        0.67        0.50 to 1.00  at least 0.7: NO", "at most 40: yes", "a <note>",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}

func TestReportWrite(t *testing.T) {
	t.Parallel()
	paths, err := filled(io.Discard).write(settings{Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	text, err := os.ReadFile(paths[0])
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got["idle_stream_kb"] != 39.0 || got["machine"] != "a machine" {
		t.Errorf("bench.json: %s", text)
	}
	html, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fanout: throughput", `<i class="bare" style="width:100.0%">`, "<polyline", "a &lt;note&gt;", "at least 0.7: NO"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("%q is missing in the page", want)
		}
	}
}

func TestDrawCurve(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		points []point
		want   string
	}{
		{"none", nil, ""},
		{"one", []point{{1, 5}}, `<polyline points="48.0,`},
		{"ends at the right", []point{{1, 0}, {100, 0}}, "48.0,152.0 432.0,152.0"},
	}
	for _, tt := range tests {
		if got := string(drawCurve(curve{Points: tt.points})); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0.5: "0.50", 123.4: "123", 45_678: "46k", 2_500_000: "2.50M"} {
		if got := number(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	const stat = "42 (a (strange) name) S 1 42 42 0 -1 4194560 500 0 0 0 123 45 0 0 20 0 9 0 1 0 0"
	if got, err := cpuTicks([]byte(stat)); got != 168 || err != nil {
		t.Errorf("%d ticks, %v, want 168", got, err)
	}
	if _, err := cpuTicks([]byte("42 (x) S 1")); err == nil {
		t.Error("half a line is read")
	}
	if got, err := residentKB([]byte("Name:\tx\nVmRSS:\t   1234 kB\n")); got != 1234 || err != nil {
		t.Errorf("%g KB, %v, want 1234", got, err)
	}
	if _, err := residentKB([]byte("Name:\tx\n")); err == nil {
		t.Error("a status without memory is read")
	}
}
