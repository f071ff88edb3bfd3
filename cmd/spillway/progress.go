package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spillway/spillway/pkg/produce"
)

// progressEvery is how often the line on the terminal is written anew.
const progressEvery = 200 * time.Millisecond

// eraseLine returns the cursor to the start of the line and empties it.
const eraseLine = "\r\x1b[K"

// progress shows one changing line on a terminal, and nothing elsewhere.
type progress struct {
	w     io.Writer // nil: no terminal
	shown time.Time
}

func newProgress(w io.Writer) *progress {
	if !isTerminal(w) {
		return &progress{}
	}
	return &progress{w: w}
}

// show writes the line if it is due.
func (p *progress) show(sum produce.Summary) {
	if p.w == nil || time.Since(p.shown) < progressEvery {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(p.w, "%s%d records  %s  %.0f/s  %d sent again", eraseLine, sum.Records, sizeText(sum.Bytes),
		float64(sum.Records)/max(sum.Elapsed.Seconds(), 1e-3), sum.Retries)
}

// clear removes the line.
func (p *progress) clear() {
	if p.w != nil && !p.shown.IsZero() {
		fmt.Fprint(p.w, eraseLine)
	}
}
