package stack

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeSpillway says what it was called with, and goes on until it is interrupted.
const fakeSpillway = `#!/bin/sh
trap 'echo ended; exit 0' INT
echo "$3 of $SPILLWAY_STREAM" >&2
while :; do sleep 0.05; done
`

func TestDemo(t *testing.T) {
	tests := []struct {
		name string
		ran  bool
	}{{"leaves a stack that ran", true}, {"ends a stack that it started", false}}
	t.Setenv("SPILLWAY_STREAM", "another")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, out := newFake(t, modeGood, nil)
			program(t, s, fakeSpillway)
			if tt.ran {
				mustUp(t, s)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Demo(ctx, time.Minute) }()
			awaitText(t, out, "subscribe | subscribe of \n") // without the developer's own variables
			awaitText(t, out, "produce   | produce of \n")
			cancel() // as Ctrl-C
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			wantText(t, "output", out.String(), "subscribe | ended", "produce   | ended")
			if _, runs, err := s.running(); runs != tt.ran || err != nil {
				t.Errorf("running: %v, %v; was %v", runs, err, tt.ran)
			}
		})
	}
}

func TestDemoEndsByItself(t *testing.T) {
	t.Parallel()
	s, _ := newFake(t, modeGood, nil)
	program(t, s, fakeSpillway)
	if err := s.Demo(t.Context(), 200*time.Millisecond); err != nil {
		t.Error(err)
	}
	wantNothingLeft(t, s)
}

func TestDemoTellsWhatFails(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	program(t, s, "#!/bin/sh\necho 'spillway: UNAUTHENTICATED' >&2; exit 3\n")
	err := s.Demo(t.Context(), time.Minute)
	if err == nil {
		t.Fatal("no error")
	}
	wantText(t, "error", err.Error(), "exit status 3")
	wantText(t, "output", out.String(), "subscribe | spillway: UNAUTHENTICATED")
	wantNothingLeft(t, s)
}

func program(t *testing.T, s *Stack, script string) {
	t.Helper()
	path := s.binary("spillway")
	write(t, path, script)
	if err := os.Chmod(filepath.Clean(path), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestForeign(t *testing.T) {
	t.Parallel()
	got := foreign([]string{"HOME=/h", "AWS_PROFILE=p", "SPILLWAY_TOKEN=t", "PATH=/bin"})
	if diff := cmp.Diff([]string{"HOME=/h", "PATH=/bin"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
