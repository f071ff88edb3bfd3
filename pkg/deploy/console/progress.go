package console

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/deploy"
)

const (
	// redraw is how often the last line on a terminal is written anew.
	redraw = time.Second
	// maxNamed is how many resources it names.
	maxNamed = 3
	erase    = "\r\x1b[K"
)

// progress shows events: lines, and on a terminal below them what is under way.
type progress struct {
	out      io.Writer
	terminal bool

	mu      sync.Mutex // guards what follows, and out
	begun   time.Time
	pending map[string]bool // resources that are under way
	done    int
}

func newProgress(out io.Writer, terminal bool) *progress {
	return &progress{out: out, terminal: terminal, pending: map[string]bool{}}
}

// start shows the last line until stop is called.
func (p *progress) start() (stop func()) {
	p.begun = time.Now()
	if !p.terminal {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.mu.Lock()
				p.status()
				p.mu.Unlock()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
		fmt.Fprint(p.out, erase)
	}
}

// event shows one.
func (p *progress) event(e deploy.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := path.Join(e.Path, e.LogicalID)
	switch {
	case strings.HasSuffix(e.Status, "_IN_PROGRESS"):
		p.pending[name] = true
	case strings.HasSuffix(e.Status, "_COMPLETE"), strings.HasSuffix(e.Status, "_FAILED"), strings.HasSuffix(e.Status, "_SKIPPED"):
		if p.pending[name] {
			p.done++
		}
		delete(p.pending, name)
	}
	if !p.terminal {
		fmt.Fprintln(p.out, e)
		return
	}
	fmt.Fprint(p.out, erase)
	fmt.Fprintln(p.out, colour(e.Status)+e.String()+"\x1b[0m")
	p.status()
}

// status writes the last line.
func (p *progress) status() {
	if len(p.pending) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(p.pending))
	more := ""
	if n := len(names) - maxNamed; n > 0 {
		names, more = names[:maxNamed], fmt.Sprintf(" and %d more", n)
	}
	fmt.Fprintf(p.out, "%s%s  %d done, under way: %s%s", erase, time.Since(p.begun).Round(time.Second), p.done, strings.Join(names, ", "), more)
}

func colour(status string) string {
	switch {
	case strings.HasSuffix(status, "_FAILED"), strings.Contains(status, "ROLLBACK"), status == "TASK_STOPPED":
		return "\x1b[31m"
	case strings.HasSuffix(status, "_COMPLETE"):
		return "\x1b[32m"
	}
	return ""
}
