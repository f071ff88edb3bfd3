package settings

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	var c Consumer
	if err := config.Load(&c, []string{"SPILLWAY_REDIS_URL=redis://localhost"}); err != nil {
		t.Fatal(err)
	}
	want := eventlog.Config{URL: "redis://localhost", Name: eventlog.DefaultName, Lanes: eventlog.DefaultLanes,
		Retention: eventlog.DefaultRetention, Budget: eventlog.DefaultBudget}
	if diff := cmp.Diff(want, c.EventLog()); diff != "" {
		t.Error(diff)
	}
	if got := c.Route.String(); got != "{partition_key}" {
		t.Errorf("route %s", got)
	}
}

func TestParallel(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"1": false, "2": true, "10": true} {
		var c Consumer
		if err := config.Load(&c, []string{"SPILLWAY_REDIS_URL=redis://localhost", "SPILLWAY_PARALLELIZATION=" + text}); err != nil {
			t.Fatal(err)
		}
		if got := c.EventLog(); got.Parallel != want || got.Governs {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, variable, rule string
	}{
		{"SPILLWAY_LANES=0", "SPILLWAY_LANES", "is 0: want 1 to 256"},
		{"SPILLWAY_RETENTION=0s", "SPILLWAY_RETENTION", "is 0s: want at least 1s"},
		{"SPILLWAY_BUDGET=0", "SPILLWAY_BUDGET", "is 0: want at least 1MiB"},
		{"SPILLWAY_BUDGET=1KiB", "SPILLWAY_BUDGET", "budget 1024 bytes: want 1048576 to 17592186044416"},
		{"SPILLWAY_BUDGET=1GB", "SPILLWAY_BUDGET", `"1GB" is not a size: want a whole number of bytes, or one with KiB, MiB, GiB or TiB, such as 512MiB`},
		{"SPILLWAY_PARALLELIZATION=0", "SPILLWAY_PARALLELIZATION", "is 0: want 1 to 10"},
		{"SPILLWAY_PARALLELIZATION=11", "SPILLWAY_PARALLELIZATION", "is 11: want 1 to 10"},
		{"SPILLWAY_LOG_NAME=a b", "SPILLWAY_LOG_NAME", `log name "a b": want 1 to 64 letters, digits, - and _`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := config.Load(&Consumer{}, []string{"SPILLWAY_REDIS_URL=redis://localhost", tt.name})
			told, ok := errors.AsType[*config.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff([]config.Mistake{{Variable: tt.variable, Rule: tt.rule}}, told.Mistakes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	good := map[string]Bytes{"0": 0, "1": 1, "1023": 1023, "1KiB": 1 << 10, "512MiB": 512 << 20, "1GiB": 1 << 30, "3TiB": 3 << 40, "8388607TiB": 8388607 << 40}
	for text, want := range good {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want || b.String() != text {
			t.Errorf("%s: %d, %v, %v", text, b, b, err)
		}
	}
	for _, text := range []string{"", "-1", "1.5GiB", "1 GiB", "GiB", "1G", "1GB", "1gib", "1GiBs", "9223372036854775808", "8388608TiB", "1KiBKiB"} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, b)
		}
	}
}

// FuzzBytes: what is read is not negative, and is read again as it is written.
func FuzzBytes(f *testing.F) {
	for _, s := range []string{"1GiB", "0", "9223372036854775807", "8388607TiB", "-0", "+1", "1_0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b, again Bytes
		if b.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(b.String())); err != nil || again != b || b < 0 {
			t.Errorf("%q: %d, written %s, read %d, %v", text, b, b, again, err)
		}
	})
}
