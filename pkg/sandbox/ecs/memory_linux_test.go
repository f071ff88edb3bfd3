package ecs

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Of a task that takes too much, the container goes that is over its own limit, or else the largest.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	limit := 10
	of := func(name string, resident, peak int64, memory *int) usage {
		return usage{&container{Container: Container{Name: name}, definition: ContainerDefinition{Memory: memory}}, resident * mebibyte, peak * mebibyte}
	}
	for name, tt := range map[string]struct {
		used []usage
		want string
	}{
		"nobody":                         {nil, ""},
		"as much as there is":            {[]usage{of("a", 60, 60, nil), of("b", 40, 90, nil)}, ""},
		"more than there is":             {[]usage{of("a", 41, 41, nil), of("b", 60, 60, nil)}, "b"},
		"as much as it may":              {[]usage{of("a", 10, 10, &limit), of("b", 60, 60, nil)}, ""},
		"more than it may, for a moment": {[]usage{of("a", 1, 11, &limit), of("b", 60, 60, nil)}, "a"},
	} {
		got := ""
		if c := tooMuch(tt.used, 100*mebibyte); c != nil {
			got = c.Name
		}
		if got != tt.want {
			t.Errorf("%s: %q is killed, want %q", name, got, tt.want)
		}
	}
}

// A container may have as many files open as Fargate lets it, or as it says, but never more than this program.
func TestOpenFiles(t *testing.T) {
	t.Parallel()
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &own); err != nil {
		t.Fatal(err)
	}
	for limit, ulimits := range map[uint64][]Ulimit{65535: nil, 300: {{"core", 0, 0}, {"nofile", 300, 300}}} {
		e, _ := newEmulator(t)
		arn := runOne(t, e, register(t, e, "serve", func(c *ContainerDefinition) { c.Ulimits = ulimits })).TaskArn
		awaitTask(t, e, arn, taskRunning)
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", e.Processes()[0].Pid))
		found := regexp.MustCompile(`Max open files +(\d+) +(\d+)`).FindSubmatch(text)
		if err != nil || found == nil {
			t.Fatalf("limits: %v: %s", err, text)
		}
		if got := string(found[2]); got != strconv.FormatUint(min(limit, own.Max), 10) {
			t.Errorf("the limit is %s, want %d", got, limit)
		}
	}
}
