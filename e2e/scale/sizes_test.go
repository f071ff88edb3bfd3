package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNeed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		lanes      int
		load, node float64
		want       int
	}{
		{"one does it all", 16, 0.5, 0.6, 1},
		{"three lanes each", 16, 3, 0.6, 6},
		{"a lane is too much", 16, 16, 0.6, 0},
		{"a lane each", 16, 9, 0.6, 16},
	} {
		if got := need(tt.lanes, tt.load, tt.node); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestTask(t *testing.T) {
	t.Parallel()
	type size struct {
		CPU, GB float64
		OK      bool
	}
	for _, tt := range []struct {
		name    string
		cpu, gb float64
		want    size
	}{
		{"small", 0.2, 1, size{0.25, 1, true}},
		{"by CPU", 2.5, 1.5, size{4, 8, true}},
		{"by memory", 0.3, 20, size{4, 20, true}},
		{"too large", 17, 1, size{16, 32, false}},
	} {
		var got size
		got.CPU, got.GB, got.OK = task(tt.cpu, tt.gb)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// TestCosts: an arrangement whose price can be worked out by hand.
func TestCosts(t *testing.T) {
	t.Parallel()
	in := small(t, map[string]float64{"shards": 10, "lambda_mb": 1024, "subscribers": 250_000, "gateways": 10, "idle_stream_tls_kb": 40})
	l := land{
		measured: measured{events: 1e6 / 3.6, billed: 1, invocations: 1e6 / 3600, redisBytes: 1e9 / 3600 * 3, sentBytes: 1e9 / 3600 * 5},
		size:     size{nodes: 3, gatewayCPUs: 0.9},
	}
	want := map[string]float64{
		"Kinesis": 10*0.015 + 1000*0.014, "Lambda": 3600*0.0000133334 + 0.20, "Redis": 6 * 0.437,
		"between zones, Redis to gateways": 2 * 0.01, "Fargate": 10 * (0.03238 + 2*0.00356),
		"NLB": 0.0225 + 5*0.006, "egress": 5 * 0.05,
	}
	for _, c := range costs(in, l) {
		wantNear(t, c.name, c.usd, want[c.name], 1e-9)
	}
	l.sentBytes = 0
	for _, c := range costs(in, l) {
		if c.name == "NLB" {
			wantNear(t, "NLB of streams that get nothing", c.usd, 0.0225+2.5*0.006, 1e-9)
		}
	}
}

func TestReadInputs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text, wantErr string
		want                map[string]float64
	}{
		{"a number", `{"gateways": 7}`, "", map[string]float64{"gateways": 7, "shards": 1000}},
		{"a quantity", `{"gateways": {"value": 7, "unit": "tasks", "source": "me"}}`, "", map[string]float64{"gateways": 7}},
		{
			"of the bench", `{"machine": "m", "seconds": 9, "redis_us_per_record": 0.5, "fanout_1000_vs_bare": 1, "rows": [
			{"Part": "calm", "Who": "bare", "Values": {"cpu_us": 3}}, {"Part": "calm", "Who": "ours", "Values": {"cpu_us": 4}}]}`,
			"", map[string]float64{"redis_us_per_record": 0.5, "gateway_us_per_flush": 4, "gateway_us_per_delivery": 0.3},
		},
		{"misspelt", `{"gateway": 7}`, `"gateway" is no input`, nil},
		{"not a number", `{"gateways": "many"}`, "gateways: ", nil},
		{"impossible", `{"gateways": 0, "lane_share": 2}`, "gateways is 0", nil},
		{"a share", `{"lane_share": 2}`, "lane_share is 2, want at most 1", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			in, err := readInputs([]string{path})
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range tt.want {
				if got := in.at(name); got != want {
					t.Errorf("%s is %g, want %g", name, got, want)
				}
			}
		})
	}
}

// TestReport: all inputs are told with their sources, what does not fit is not priced,
// and what does is.
func TestReport(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		values       map[string]float64
		want, absent string
	}{
		{"fits", nil, "$/million deliveries", "Nothing fits"},
		{"too much for Redis", map[string]float64{"redis_us_per_record": 1e5, "redis_us_per_record_16_topics": 1e5}, "Nothing fits", "$/million deliveries"},
	} {
		var w strings.Builder
		in := small(t, tt.values)
		report(&w, in)
		for name, q := range in {
			if q.Unit == "" || q.Source == "" || !strings.Contains(w.String(), name) || !strings.Contains(w.String(), q.Source) {
				t.Errorf("%s: %s, %+v, is not told", tt.name, name, q)
			}
		}
		if !strings.Contains(w.String(), tt.want) || strings.Contains(w.String(), tt.absent) {
			t.Errorf("%s: %s", tt.name, w.String())
		}
	}
}
