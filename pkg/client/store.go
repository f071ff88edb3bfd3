package client

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Store keeps the Checkpoint of one subscription between processes. FileStore is
// one; a program whose effects go to a database may keep the position there, so
// that effect and position are one transaction: the loop's body begins the
// transaction and writes into it, and Save writes the position into it and commits.
// After the body has rolled back, its Save must answer with an error, for the
// effects of what was handled since the last Save are gone, too; a new Stream then
// starts from Load. A Store is used by one Stream at a time and from its goroutine
// only.
type Store interface {
	// Load returns what was saved; the zero Checkpoint if nothing was.
	Load(ctx context.Context) (Checkpoint, error)
	// Save keeps all of p or nothing; Checkpoint.Apply says what p means. After an
	// error it may be called again with the same ids and more.
	Save(ctx context.Context, p Progress) error
}

// While a response's events are handled, they are saved after so many, or after so
// much time, whichever comes first: this is what comes again after a crash of a
// program that does not call Stream.Save itself.
const (
	saveAfterEvents = 256
	saveAfter       = 100 * time.Millisecond
)

// leavingTimeout bounds the last Save, which also runs where the ctx is done.
const leavingTimeout = 10 * time.Second

// keeper knows what a stream's store does not know yet. Without a store it does
// nothing. Only the loop that reads the stream uses it.
type keeper struct {
	store  Store
	loaded bool
	window int // ids to keep beside those since the cursor

	since   int      // how many events were handled since the cursor moved
	handled []string // and not saved
	moved   bool     // the cursor, since it was saved
	cursor  Cursor   // as it was saved
	savedAt time.Time
}

// load returns what the store has, the first time.
func (k *keeper) load(ctx context.Context) (Checkpoint, error) {
	if k.store == nil || k.loaded {
		return Checkpoint{}, nil
	}
	c, err := k.store.Load(ctx)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("load the position: %w", err)
	}
	k.loaded, k.cursor = true, c.Cursor
	k.since = max(0, len(c.Handled)-k.window) // there are more than the window only if they are since the cursor
	return c, nil
}

// add counts an event as handled.
func (k *keeper) add(id string) {
	if k.store != nil {
		k.handled = append(k.handled, id)
		k.since++
	}
}

// pass says that the cursor is past every event that was handled.
func (k *keeper) pass() { k.since, k.moved = 0, true }

// due tells whether it is time to save, with so many events that wait.
func (k *keeper) due(waiting int) bool {
	if k.store == nil || len(k.handled) == 0 && !k.moved {
		return false
	}
	return waiting == 0 || len(k.handled) >= saveAfterEvents || time.Since(k.savedAt) >= saveAfter
}

// saveError is a store's answer to Save.
type saveError struct{ err error }

func (e *saveError) Error() string { return "save the position: " + e.err.Error() }
func (e *saveError) Unwrap() error { return e.err }

// save saves what was not saved; position is asked where it has moved.
func (k *keeper) save(ctx context.Context, position func() Cursor) error {
	if k.store == nil || len(k.handled) == 0 && !k.moved {
		return nil
	}
	p := Progress{Handled: slices.Clone(k.handled), Keep: k.window + k.since}
	if k.moved {
		if at := position(); at != k.cursor {
			p.Cursor = at
		}
	}
	if len(p.Handled) > 0 || !p.Cursor.IsZero() {
		if err := k.store.Save(ctx, p); err != nil {
			return &saveError{err}
		}
	}
	clear(k.handled)
	k.handled, k.moved, k.savedAt = k.handled[:0], false, time.Now()
	if !p.Cursor.IsZero() {
		k.cursor = p.Cursor
	}
	return nil
}
