package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/client"
)

// replayReport is what spillway admin replay prints as JSON.
type replayReport struct {
	Complete bool     `json:"complete"`
	Records  int      `json:"records"`
	Missing  int      `json:"missing"`
	Appended int      `json:"appended"`
	Paused   []string `json:"paused"`
}

// replayAfterLoss: what Redis has lost comes back from Kinesis, each record once and in
// the order of its key, and repairing twice adds nothing.
func replayAfterLoss(t *testing.T, s Stack) {
	const lost, kept, keys = 60, 20, 4
	from := time.Now()
	putMany := func(first, n int) {
		for i := first; i < first+n; i++ {
			put(t, s, fmt.Sprintf("KRI%d", i%keys), report(s, "ri", i))
		}
	}
	putMany(0, lost)
	readNumbers(t, s, lost)
	s.LoseRedis(t)
	putMany(lost, kept)
	readNumbers(t, s, kept)
	if why := s.Lacks(FullMemory); why == "" {
		full := s.FillRedis(t)
		interruptReplay(t, s, from)
		full.Free(t)
	} else {
		t.Logf("an interrupted replay is not tested here: %s", why)
	}

	got := replay(t, s, from)
	if got.Records != lost+kept || got.Missing != lost || got.Appended != lost || len(got.Paused) != 1 {
		t.Errorf("replay: %+v, want %d appended", got, lost)
	}
	if again := replay(t, s, from); again.Records != lost+kept || again.Missing != 0 || again.Appended != 0 {
		t.Errorf("second replay: %+v, want nothing appended", again)
	}

	// The consumer goes on, and its record is the last one in the lane: if anything
	// came twice, it would be before it.
	put(t, s, "end", report(s, "ri", lost+kept))
	numbers, gaps := readNumbers(t, s, lost+kept+1)
	if last := len(numbers) - 1; numbers[last] != lost+kept {
		t.Errorf("the last event is %d, want %d", numbers[last], lost+kept)
	}
	if gaps == 0 {
		t.Error("no gap tells of the break in order")
	}
	byKey := map[int][]int{}
	for _, n := range numbers[:lost+kept] {
		byKey[n%keys] = append(byKey[n%keys], n)
	}
	for key := range keys {
		// What the consumer appended after the loss is before what was repaired.
		var want []int
		for _, part := range [][2]int{{lost, lost + kept}, {0, lost}} {
			for n := part[0]; n < part[1]; n++ {
				if n%keys == key {
					want = append(want, n)
				}
			}
		}
		if !slices.Equal(byKey[key], want) {
			t.Errorf("key %d: got %v, want %v", key, byKey[key], want)
		}
	}
}

// replayCommand is the operator's command.
func replayCommand(t *testing.T, s Stack, from time.Time) *exec.Cmd {
	t.Helper()
	command := s.Command(t, Operator)
	command = append(command, "admin", "replay", "--from", from.Format(time.RFC3339Nano), "--function", s.FunctionName(), "-o", "json")
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), s.Outside()...)
	return cmd
}

// interruptReplay has a replay, which cannot append because Redis is full, end because
// its terminal has gone: it must not leave the consumer stopped.
func interruptReplay(t *testing.T, s Stack, from time.Time) {
	t.Helper()
	cmd := replayCommand(t, s, from)
	stdout, says := start(t, cmd)
	says(t, "disabling event source mapping ")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	const interrupted = 130
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != interrupted {
		t.Errorf("the end of an interrupted replay: %v", err)
	}
	says(t, "\nenabled event source mapping ")
	if !strings.Contains(stdout.String(), `"complete":false`) {
		t.Errorf("an interrupted replay reports %s", stdout)
	}
}

// replay runs the operator's command and returns what it reports.
func replay(t *testing.T, s Stack, from time.Time) replayReport {
	t.Helper()
	cmd := replayCommand(t, s, from)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	t.Logf("admin replay says:\n%s%s", stderr.String(), out)
	if err != nil {
		t.Fatalf("admin replay: %v", err)
	}
	for _, want := range []string{"enable it again by\n  aws lambda update-event-source-mapping --enabled --uuid ", "\nenabled event source mapping "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	var got replayReport
	if err := json.Unmarshal(out, &got); err != nil || !got.Complete {
		t.Fatalf("%+v, %v", got, err)
	}
	return got
}

// readNumbers returns the numbers of the first n reports of Rhode Island that the log
// has, and how many gaps are told before they are there.
func readNumbers(t *testing.T, s Stack, n int) (numbers []int, gaps int) {
	t.Helper()
	c, err := client.New(s.Client(t, Institute))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	number := regexp.MustCompile(`"number":(\d+),`)
	stream := c.Subscribe(client.Subscription{Patterns: []string{weather(s, "ri")}, Start: client.Earliest()})
	for ev, err := range stream.Events(ctx) {
		if gap, ok := errors.AsType[*client.Gap](err); ok {
			if gap.Reason != client.GapLogReset {
				t.Errorf("gap: %v", gap)
			}
			gaps++
			continue
		}
		if err != nil {
			t.Fatalf("after %d of %d events: %v", len(numbers), n, err)
		}
		i, err := strconv.Atoi(string(number.FindSubmatch(ev.Data)[1]))
		if err != nil {
			t.Fatal(err)
		}
		if numbers = append(numbers, i); len(numbers) == n {
			break
		}
	}
	return numbers, gaps
}
