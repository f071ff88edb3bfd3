package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spillway/spillway/e2e/ground"
)

const (
	// maxOrder bounds a line between the bench and a role.
	maxOrder = 1 << 20
	// askTimeout bounds the wait for an answer: thousands of subscribers may have to
	// connect on a machine that is busy.
	askTimeout = 2 * time.Minute
)

// handler carries out what a role is asked for. args is JSON, as is made of what it
// returns.
type handler func(ctx context.Context, do string, args json.RawMessage) (any, error)

type order struct {
	Do   string
	Args json.RawMessage
}

type answer struct {
	Error  string
	Result json.RawMessage
}

// obey carries out the orders in, one after the other, until there are no more.
func obey(ctx context.Context, in io.Reader, out io.Writer, h handler) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxOrder)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		result, err := h(ctx, o.Do, o.Args)
		var a answer
		if err != nil {
			a.Error = err.Error()
		} else if a.Result, err = json.Marshal(result); err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

// roles are what this program is when its first argument says so; the second is the
// path of a configuration.
func roles() map[string]func(ctx context.Context, conf []byte) (handler, error) {
	return map[string]func(ctx context.Context, conf []byte) (handler, error){
		"load": newLoad, "feed": newFeed, "bare": newBare, "sample": newSample, "ingest": newIngest,
	}
}

// play runs a role until its input ends.
func play(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	begin, ok := roles()[args[0]]
	if !ok || len(args) != 2 {
		return fmt.Errorf("arguments %q: want none", args)
	}
	conf, err := os.ReadFile(args[1]) //nolint:gosec // what the bench has written for its role
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h, err := begin(ctx, conf)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return obey(ctx, in, out, h)
}

// worker is a role that runs.
type worker struct {
	*ground.Process
	answers chan answer
}

// startWorker starts a role with a configuration.
func startWorker(g *ground.Ground, program, role string, number int, conf any) (*worker, error) {
	text, err := json.Marshal(conf)
	if err != nil {
		return nil, err
	}
	name := role + "-" + strconv.Itoa(number)
	path := filepath.Join(g.Dir, name+".json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	w := &worker{answers: make(chan answer, 1)}
	w.Process, err = g.Start(name, ground.Command{
		Path: program, Args: []string{role, path}, Dir: g.Dir, Stdin: true,
		Out: func(line []byte) {
			var a answer
			if err := json.Unmarshal(line, &a); err != nil {
				a.Error = fmt.Sprintf("answer %q: %v", line, err)
			}
			w.answers <- a
		},
	})
	return w, err
}

// ask has the role do something, and reads the answer into result, if that is not nil.
func (w *worker) ask(ctx context.Context, do string, args, result any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(w.Input).Encode(order{do, raw}); err != nil {
		return fmt.Errorf("%s: %s: %w\n%s", w.Name, do, err, w.Logs())
	}
	timeout := time.NewTimer(askTimeout)
	defer timeout.Stop()
	select {
	case a := <-w.answers:
		if a.Error != "" {
			return fmt.Errorf("%s: %s: %w", w.Name, do, errors.New(a.Error))
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.Result, result)
	case <-w.Done():
		return fmt.Errorf("%s ended: %w\n%s", w.Name, w.Exit(), w.Logs())
	case <-timeout.C:
		return fmt.Errorf("%s: no answer to %s within %s", w.Name, do, askTimeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}
