package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// asker asks a question whose answer is not to be seen.
type asker func(ctx context.Context, question string) (string, error)

// newAsker returns what asks on stderr and reads from stdin; nil, if they are not both
// terminals.
func newAsker(stdin io.Reader, stderr io.Writer) asker {
	in, ok := stdin.(*os.File)
	if !ok || !isTerminal(in) || !isTerminal(stderr) {
		return nil
	}
	return func(ctx context.Context, question string) (string, error) {
		fmt.Fprint(stderr, question)
		defer fmt.Fprintln(stderr)
		return readUnseen(ctx, int(in.Fd()))
	}
}

// readUnseen reads a line without echo. If ctx ends before, the terminal is made as it
// was, and what reads is left behind: nothing interrupts it but the end of the process,
// which is then near.
func readUnseen(ctx context.Context, terminal int) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", fmt.Errorf("read from the terminal: %w", a.err)
		}
		return string(a.text), nil
	case <-ctx.Done():
		return "", errors.Join(errInterrupted, term.Restore(terminal, before))
	}
}

// isTerminal tells whether f is a terminal.
func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
