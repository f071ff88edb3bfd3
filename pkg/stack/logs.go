package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/stack/command"
)

const (
	// followPoll is how often logs are looked at: often enough for a reader, seldom enough to cost nothing.
	followPoll = 200 * time.Millisecond
	// maxChunk bounds what is read of one log at a time.
	maxChunk = 1 << 20
	// maxLogDepth is how deep in the state directory logs are: a function's is in lambda/logs.
	maxLogDepth = 3
)

// LogOptions say what of the logs to show.
type LogOptions struct {
	// Lines is how many of the last lines of each log are shown first.
	Lines int
	// Follow goes on with what is written, until the context ends.
	Follow bool
}

// Logs copies the logs of everything in the stack to Out, line by line, each with the name of who wrote it. It also
// shows what a stack has left that does not run any more. A context that ends is no error.
func (s *Stack) Logs(ctx context.Context, o LogOptions) error {
	logs := s.findLogs()
	if len(logs) == 0 && !o.Follow {
		s.say("There are no logs in %s yet.", s.shown(s.o.Dir))
		return nil
	}
	f := follower{lines: command.NewLines(s.o.Out), logs: map[string]*followed{}, width: minNameWidth}
	for _, path := range logs {
		f.width = max(f.width, len(logName(path)))
	}
	for _, path := range logs {
		if err := f.show(path, o.Lines); err != nil {
			return fmt.Errorf("logs: %w", err)
		}
	}
	if !o.Follow {
		return nil
	}
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return f.close()
		case <-tick.C:
		}
		for _, path := range s.findLogs() {
			if err := f.advance(path); err != nil {
				return fmt.Errorf("logs: %w", err)
			}
		}
	}
}

// findLogs returns the paths of all logs.
func (s *Stack) findLogs() []string {
	var logs []string
	for _, dir := range []string{s.path(logDir), s.path(stateDir)} {
		// What cannot be read, or goes away meanwhile, has no log to show.
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return fs.SkipDir
			}
			rel, _ := filepath.Rel(dir, path)
			if entry.IsDir() && strings.Count(rel, string(filepath.Separator)) >= maxLogDepth-1 {
				return fs.SkipDir
			}
			if entry.Type().IsRegular() && filepath.Ext(path) == ".log" {
				logs = append(logs, path)
			}
			return nil
		})
	}
	return logs
}

// minNameWidth is that of the services' names, which stand before their lines.
const minNameWidth = len("mockcognito")

// logName is who writes a log.
func logName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".log") }

// follower copies logs as they grow.
type follower struct {
	lines *command.Lines
	logs  map[string]*followed
	width int // of names
}

type followed struct {
	out    io.WriteCloser
	offset int64
}

func (f *follower) log(path string) *followed {
	l := f.logs[path]
	if l == nil {
		l = &followed{out: f.lines.Writer(logName(path), f.width)}
		f.logs[path] = l
	}
	return l
}

// show writes the last lines of a log and goes on from its end.
func (f *follower) show(path string, n int) error {
	l := f.log(path)
	info, err := os.Stat(path)
	if err != nil {
		return ignoreMissing(err)
	}
	lines, err := tail(path, n)
	if err != nil {
		return ignoreMissing(err)
	}
	l.offset = info.Size()
	for _, line := range lines {
		if _, err := io.WriteString(l.out, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// advance writes what has been added to a log. One that is shorter than before was begun anew.
func (f *follower) advance(path string) error {
	l := f.log(path)
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return ignoreMissing(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < l.offset {
		l.offset = 0
	}
	n, err := io.Copy(l.out, io.NewSectionReader(file, l.offset, maxChunk))
	l.offset += n
	return err
}

func (f *follower) close() error {
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(f.logs)) {
		errs = append(errs, f.logs[path].out.Close())
	}
	return errors.Join(errs...)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
