// Command function is the Lambda function that the tests of package lambda run. An event with a "do" is a command; a
// Kinesis event is noted in the file that NOTES names, and each record's data is a command of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type command struct {
	Do      string
	Text    string
	N       int
	Records []events.KinesisEventRecord
	events.TimeWindowProperties
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		os.Exit(7)
	case "hang":
		time.Sleep(time.Hour)
	case "hang-once":
		if _, err := os.Stat(os.Getenv("NOTES")); err != nil {
			note("hung")
			time.Sleep(time.Hour)
		}
	case "panic":
		panic("cannot start")
	}
	fmt.Println("initialised")
	lambda.Start(handle)
}

func handle(ctx context.Context, c command) (any, error) {
	if !c.Window.Start.IsZero() {
		return handleWindow(c)
	}
	if c.Records != nil {
		return handleRecords(c.Records)
	}
	switch c.Do {
	case "echo":
		fmt.Println("echoing", c.Text)
		return c.Text, nil
	case "fail":
		return nil, errors.New(c.Text)
	case "panic":
		panic(c.Text)
	case "sleep":
		time.Sleep(time.Duration(c.N) * time.Millisecond)
		return "slept", nil
	case "exit":
		fmt.Println("exiting")
		os.Exit(c.N)
	case "big":
		return strings.Repeat("x", c.N), nil
	case "stream": // the text, as often as asked
		return &stream{text: c.Text, left: c.N}, nil
	case "drip": // first, and second once the file exists
		return &drip{file: c.Text}, nil
	case "allocate": // that many MB, and use them
		held := make([]byte, c.N<<20)
		for i := range held {
			held[i] = byte(i)
		}
		time.Sleep(200 * time.Millisecond)
		return len(held) >> 20, nil
	case "environ":
		return os.Environ(), nil
	case "about":
		return about(ctx)
	case "wait": // until the file exists
		note("waiting")
		await(c.Text)
		return "done", nil
	}
	return nil, fmt.Errorf("unknown command %q", c.Do)
}

// stream is an answer that comes piece by piece; that of "break" ends with an error.
type stream struct {
	text string
	left int
}

// Read reads a piece.
func (s *stream) Read(p []byte) (int, error) {
	switch {
	case s.left == 0:
		return 0, io.EOF
	case s.left < 0:
		return 0, errors.New("broken off")
	}
	s.left--
	if s.left == 0 && s.text == "break" {
		s.left = -1
	}
	return copy(p, s.text), nil
}

// drip is an answer whose second piece waits for a file.
type drip struct {
	file string
	done int
}

// Read reads a piece.
func (d *drip) Read(p []byte) (int, error) {
	d.done++
	switch d.done {
	case 1:
		return copy(p, "first"), nil
	case 2:
		for {
			if _, err := os.Stat(d.file); err == nil {
				return copy(p, "second"), nil
			}
			time.Sleep(time.Millisecond)
		}
	}
	return 0, io.EOF
}

func about(ctx context.Context) (any, error) {
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	scratch, err := os.CreateTemp("", "scratch")
	if err != nil {
		return nil, err
	}
	defer os.Remove(scratch.Name())
	return map[string]any{
		"pid": os.Getpid(), "dir": dir, "arn": lc.InvokedFunctionArn, "id": lc.AwsRequestID,
		"left": time.Until(deadline).Milliseconds(), "custom": lc.ClientContext.Custom, "scratch": scratch.Name(),
	}, nil
}

// handleRecords fails at the first record that says so.
func handleRecords(records []events.KinesisEventRecord) (any, error) {
	var seen []string
	for _, r := range records {
		seen = append(seen, string(r.Kinesis.Data))
	}
	note(strings.Join(seen, " "))
	for _, r := range records {
		if gate, waits := strings.CutPrefix(string(r.Kinesis.Data), "wait "); waits {
			await(gate)
		}
		switch string(r.Kinesis.Data) {
		case "fail":
			return nil, errors.New("told to fail")
		case "partial":
			return events.KinesisEventResponse{
				BatchItemFailures: []events.KinesisBatchItemFailure{{ItemIdentifier: r.Kinesis.SequenceNumber}},
			}, nil
		}
	}
	return json.RawMessage("null"), nil
}

// handleWindow adds the data of a tumbling window's records to its state, and notes what it gets.
func handleWindow(c command) (any, error) {
	all := c.State["all"]
	for _, r := range c.Records {
		all += string(r.Kinesis.Data)
	}
	line := fmt.Sprintf("window of %v: state %q, then %q", c.Window.End.Sub(c.Window.Start.Time), c.State["all"], all)
	if c.IsFinalInvokeForWindow {
		line += ", final"
	}
	note(line)
	return events.TimeWindowEventResponseProperties{State: map[string]string{"all": all}}, nil
}

// await waits until a file exists.
func await(path string) {
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func note(text string) {
	file, err := os.OpenFile(os.Getenv("NOTES"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if _, err := fmt.Fprintln(file, text); err != nil {
		panic(err)
	}
}
