package policy

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/pkg/topic"
)

// PollInterval is how often a file is looked at. A change is acted on when the file is
// found the same twice, so within two of them.
const PollInterval = time.Second

// File is a policy that changes with its file. Make it with NewFile.
type File struct {
	path    string
	check   Check
	log     *slog.Logger
	current atomic.Pointer[Policy]
	changed chan struct{}
	first   digest
}

// digest tells contents apart. The time of a file does not: it may stay the same for
// two writes, and a symlink may be turned to a file that is older.
type digest [sha256.Size]byte

// NewFile reads a file, as Read does; its error is Read's. An empty path is a file that
// decides nothing and never changes. A nil logger is told nothing.
func NewFile(path string, check Check, logger *slog.Logger) (*File, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	f := &File{path: path, check: check, log: logger, changed: make(chan struct{}, 1)}
	f.current.Store(&Policy{})
	if path == "" {
		return f, nil
	}
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	p, err := parse(path, data, check)
	if err != nil {
		return nil, err
	}
	f.current.Store(p)
	f.first = sha256.Sum256(data)
	return f, nil
}

// Policy returns the policy in force. It is never nil.
func (f *File) Policy() *Policy { return f.current.Load() }

// Changed tells one receiver that Policy has changed. What changes before it is received
// is told once.
func (f *File) Changed() <-chan struct{} { return f.changed }

// Run looks at the file every PollInterval until ctx ends, whose error it returns. What
// cannot be read, or is wrong, is logged once, and the policy stays what it was: also if
// the file goes away.
func (f *File) Run(ctx context.Context) error {
	tick := time.NewTicker(PollInterval)
	defer tick.Stop()
	w := watch{f, f.first, f.first, ""}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if f.path != "" {
				w.look()
			}
		}
	}
}

// watch is what Run knows of the file.
type watch struct {
	*File
	seen   digest // when it last looked
	judged digest // of what was accepted, or refused
	told   string // why it could not be read
}

// look acts on the file if it has changed and does not change any more: who writes a
// file may be half done, and half a policy is often a policy.
func (w *watch) look() {
	data, err := readBounded(w.path)
	if err != nil {
		w.missing(err.Error())
		return
	}
	w.told = ""
	now := digest(sha256.Sum256(data))
	settled := now == w.seen
	if w.seen = now; !settled || now == w.judged {
		return
	}
	w.judged = now
	p, err := parse(w.path, data, w.check)
	if err != nil {
		w.log.Error("policy refused, the last good one stays", "path", w.path, "error", err)
		return
	}
	w.accept(p)
}

func (w *watch) missing(why string) {
	if w.told != why {
		w.told = why
		w.log.Error("policy not readable, the last good one stays", "path", w.path, "error", why)
	}
}

func (w *watch) accept(p *Policy) {
	w.current.Store(p)
	w.log.Info("policy changed", "path", w.path, "limited", p.limited, "allowed", len(p.allow), "denied", len(p.deny), "filters", len(p.filters))
	select {
	case w.changed <- struct{}{}:
	default: // one is waiting to be received, and will find this one
	}
}

// Check is that of the present policy.
func (f *File) Check(clientID string) error { return f.Policy().Check(clientID) }

// Filters is that of the present policy.
func (f *File) Filters(clientID string, grant topic.Pattern) []string {
	return f.Policy().Filters(clientID, grant)
}
