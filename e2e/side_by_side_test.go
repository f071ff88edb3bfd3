package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/client"
)

// sideBySideDays is how many days of weather of each station go in.
const sideBySideDays = 40

// neighbours are the states of the three-state customer that the history lacks.
var neighbours = []string{"nj", "ct"}

// sideBySide: a channel of New York, a customer of three states and the national
// institute get exactly their own of the same weather, each with its own token, without
// asking for anything; and nobody gets what is another's.
func sideBySide(t *testing.T, s Stack) {
	path, states := neighbourhood(t, s)
	readers := []struct {
		customer string
		states   []string
		*subscriber
	}{
		{customer: NewYork, states: own(s, "ny")},
		{customer: TriState, states: own(s, "ny", "nj", "ct")},
		{customer: Institute, states: slices.Sorted(maps.Keys(states))},
	}
	for i, r := range readers {
		readers[i].subscriber = subscribe(t, s, r.customer, client.Subscription{
			OnDisconnect: func(d client.Disconnect) { t.Errorf("%s was disconnected: %v", r.customer, d.Err) },
		})
	}
	wantRefusal(t, firstError(t, s.Client(t, NewYork), []string{weather(s, "nj")}), codes.PermissionDenied, strconv.Quote(weather(s, "nj")))
	cmd := s.Command(t, Institute)
	if out, err := exec.CommandContext(t.Context(), cmd[0], append(cmd[1:], "produce", path, "--key", "{station}")...).CombinedOutput(); err != nil {
		t.Fatalf("produce: %v\n%s", err, out)
	}
	for _, r := range readers {
		want := 0
		for _, state := range r.states {
			want += states[state]
		}
		checkHistory(t, path, r.take(t, want), r.states)
		t.Logf("%s got the %d records of its %d states, of %d of all", r.customer, want, len(r.states), sum(states))
	}
	// What was put after all of it has come: so nothing of it is still on its way.
	for _, state := range []string{"ny", "nj", "ca"} {
		put(t, s, "last", report(s, state, 0))
	}
	for i, last := range []int{1, 2, 3} {
		readers[i].take(t, last)
		readers[i].nothing(t)
	}
}

// neighbourhood makes a file of the first days of the weather history, with stations of
// the neighbours of New York, and returns how many records it has by state.
func neighbourhood(t *testing.T, s Stack) (path string, states map[string]int) {
	t.Helper()
	history, err := os.Open(historyFile(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer history.Close()
	var all bytes.Buffer
	states = map[string]int{}
	end := historyStart.AddDate(0, 0, sideBySideDays).Format(time.DateOnly)
	for lines := bufio.NewScanner(history); lines.Scan(); {
		var r struct{ State, Date string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Date < end {
			states[r.State]++
			fmt.Fprintf(&all, "%s\n", lines.Bytes())
		}
	}
	for day := range sideBySideDays {
		for _, state := range neighbours {
			states[s.Own(state)]++
			fmt.Fprintln(&all, madeUp("K"+strings.ToUpper(state), s.Own(state), day))
		}
	}
	path = filepath.Join(t.TempDir(), "neighbourhood.jsonl")
	if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, states
}

func sum(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}
