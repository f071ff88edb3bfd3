package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/client"
)

const (
	historyStations = 10
	historyDays     = 365
)

// historyStart is its first day.
var historyStart = time.Date(2014, 7, 1, 0, 0, 0, 0, time.UTC)

// historyStates are those of the stations of the history; one of them is ny.
var historyStates = []string{"az", "ca", "fl", "il", "in", "nc", "ny", "pa", "tx", "wa"}

// historyFile returns the weather history, of states of a stack's own: the real one if the
// variable SPILLWAY_WEATHER_HISTORY or a directory beside the checkout has it, else one that
// is made up, of the same shape.
func historyFile(t *testing.T, s Stack) string {
	t.Helper()
	text, err := os.ReadFile(sourceOfHistory(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range historyStates {
		text = bytes.ReplaceAll(text, fmt.Appendf(nil, `"state":%q`, state), fmt.Appendf(nil, `"state":%q`, s.Own(state)))
	}
	path := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sourceOfHistory(t *testing.T) string {
	t.Helper()
	for _, path := range []string{os.Getenv("SPILLWAY_WEATHER_HISTORY"), "../../shared/data/us-weather-history.jsonl"} {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			t.Logf("real weather history from %s", filepath.Base(path))
			return path
		}
	}
	t.Log("made-up weather history: the real one is not here")
	var buf bytes.Buffer
	for day := range historyDays {
		for i, state := range historyStates {
			fmt.Fprintln(&buf, madeUp(fmt.Sprintf("K%s%d", strings.ToUpper(state), i), state, day))
		}
	}
	path := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// madeUp is a station's report of a day of the history.
func madeUp(station, state string, day int) string {
	return fmt.Sprintf(`{"station":%q,"state":%q,"date":%q,"actual_mean_temp":%d}`,
		station, state, historyStart.AddDate(0, 0, day).Format(time.DateOnly), 40+(day+7*len(station))%60)
}

// weatherHistory: all of a year's weather arrives, once, each station in the order
// of its dates; at whom it concerns; live, and again from the log.
func weatherHistory(t *testing.T, s Stack) {
	started := time.Now()
	path := historyFile(t, s)
	live := subscribe(t, s, Institute, client.Subscription{Patterns: []string{"weather.us.>"}})
	ny := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "ny")}})
	start := time.Now()
	out, err := exec.CommandContext(t.Context(), s.Command(t, Institute)[0], append(s.Command(t, Institute)[1:], "produce", path, "--key", "{station}")...).CombinedOutput()
	if err != nil {
		t.Fatalf("produce: %v\n%s", err, out)
	}
	all := live.take(t, historyStations*historyDays)
	t.Logf("%d records produced and received in %s", len(all), time.Since(start))
	mine := ny.take(t, historyDays)
	checkHistory(t, path, all, own(s, historyStates...))
	checkHistory(t, path, mine, own(s, "ny"))

	for _, tt := range []struct {
		name, pattern string
		live          []*client.Event
		states        []string
	}{{"all from earliest", "weather.us.>", all, own(s, historyStates...)}, {"one from earliest", weather(s, "ny"), mine, own(s, "ny")}} {
		again := subscribe(t, s, Institute, client.Subscription{Patterns: []string{tt.pattern}, Start: client.Earliest()})
		var replayed []*client.Event
		for len(replayed) < len(tt.live) {
			ev := again.take(t, 1)[0]
			if slices.Contains(tt.states, strings.TrimPrefix(ev.Topic, "weather.us.")) && ev.ArrivalTime.After(started.Add(-time.Second)) {
				replayed = append(replayed, ev) // and not what another run has put before
			}
		}
		again.nothing(t)
		checkHistory(t, path, replayed, tt.states)
		if !slices.Equal(ids(replayed), ids(tt.live)) {
			t.Errorf("%s: other events than live", tt.name)
		}
	}
	live.nothing(t)
	ny.nothing(t)
}

// ids are sorted: the order between stations is not promised.
func ids(events []*client.Event) []string {
	list := make([]string, len(events))
	for i, ev := range events {
		list[i] = ev.ID
	}
	slices.Sort(list)
	return list
}

// checkHistory holds events against the lines of the file that are of states: each
// once, and in the file's order by station.
func checkHistory(t *testing.T, path string, events []*client.Event, states []string) {
	t.Helper()
	if distinct := slices.Compact(ids(events)); len(distinct) != len(events) {
		t.Errorf("%d events with %d ids", len(events), len(distinct))
	}
	want, got := map[string][]string{}, map[string][]string{}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		station, state := stationOf(t, lines.Bytes())
		if slices.Contains(states, state) {
			want[station] = append(want[station], lines.Text())
		}
	}
	for _, ev := range events {
		station, state := stationOf(t, ev.Data)
		if ev.PartitionKey != station || ev.Topic != "weather.us."+state {
			t.Fatalf("event of %s with key %s: %s", ev.Topic, ev.PartitionKey, ev.Data)
		}
		got[station] = append(got[station], string(ev.Data))
	}
	for station, lines := range want {
		if !slices.Equal(lines, got[station]) {
			t.Errorf("station %s: %d events, want %d, in the file's order", station, len(got[station]), len(lines))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d stations, want %d", len(got), len(want))
	}
}

func stationOf(t *testing.T, line []byte) (station, state string) {
	t.Helper()
	var r struct{ Station, State string }
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return r.Station, r.State
}

func contains(data []byte, text string) bool { return bytes.Contains(data, []byte(text)) }
