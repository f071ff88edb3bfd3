package environment

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/google/uuid"
)

const (
	// tailBytes is how much of the log an invocation can hand back, as on AWS.
	tailBytes = 4096
	// lineBytes bounds how much of a line without an end is held back before it goes to the log.
	lineBytes = 64 << 10
	// markBytes is more than a mark has.
	markBytes = 128
)

// output is the stream that an environment's process writes to. Lambda's own lines and marks go through the same pipe,
// so they stand in the log exactly where they belong between the function's lines.
type output struct {
	pipe *os.File // the end that is written to
	mark string   // begins a mark; a function cannot guess it
	log  io.Writer
	pump sync.WaitGroup

	mu      sync.Mutex // guards tail, flushed
	tail    []byte
	flushed map[string]chan struct{}
}

// newOutput starts copying to log, until close.
func newOutput(log io.Writer) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make output pipe: %w", err)
	}
	o := &output{pipe: w, mark: "\x00" + uuid.NewString(), log: log, flushed: map[string]chan struct{}{}}
	o.pump.Go(func() {
		o.copy(r)
		_ = r.Close()
	})
	return o, nil
}

// printf writes one of Lambda's lines.
func (o *output) printf(format string, args ...any) {
	// It fails only when the environment is being closed, and then nobody reads the log for this line.
	_, _ = fmt.Fprintf(o.pipe, format+"\n", args...)
}

// flush waits until everything written before is in the log, and returns the tail since the flush before.
func (o *output) flush() []byte {
	id, done := uuid.NewString(), make(chan struct{})
	o.mu.Lock()
	o.flushed[id] = done
	o.mu.Unlock()
	if _, err := fmt.Fprintf(o.pipe, "%s%s\n", o.mark, id); err == nil {
		<-done
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.flushed, id)
	tail := o.tail
	o.tail = nil
	return tail
}

// close ends the stream. The process must be gone, else the pump waits for it.
func (o *output) close() {
	_ = o.pipe.Close()
	o.pump.Wait()
}

// copy moves lines from r to the log and recognises marks, until r ends.
func (o *output) copy(r io.Reader) {
	var held []byte
	chunk := make([]byte, 32<<10)
	for {
		n, err := r.Read(chunk)
		held = append(held, chunk[:n]...)
		if cut := bytes.LastIndexByte(held, '\n') + 1; cut > 0 {
			o.lines(held[:cut])
			held = append(held[:0], held[cut:]...)
		}
		if err != nil {
			o.write(held)
			return
		}
		if len(held) > lineBytes {
			cut := len(held) - markBytes // the begin of a mark may be at the end
			o.write(held[:cut])
			held = append(held[:0], held[cut:]...)
		}
	}
}

// lines writes whole lines, and takes the marks out of them.
func (o *output) lines(text []byte) {
	mark := []byte(o.mark)
	for {
		at := bytes.Index(text, mark)
		if at < 0 {
			o.write(text)
			return
		}
		if at > 0 && text[at-1] != '\n' { // the function left its last line open
			o.write(append(slices.Clone(text[:at]), '\n'))
		} else {
			o.write(text[:at])
		}
		rest := text[at+len(mark):]
		end := bytes.IndexByte(rest, '\n')
		o.reached(string(rest[:end]))
		text = rest[end+1:]
	}
}

func (o *output) reached(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if done := o.flushed[id]; done != nil {
		close(done)
		delete(o.flushed, id)
	}
}

func (o *output) write(text []byte) {
	if len(text) == 0 {
		return
	}
	// A full disk must not stop the function: its answer matters more than its log.
	_, _ = o.log.Write(text)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, text...)
	if over := len(o.tail) - tailBytes; over > 0 {
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
}
