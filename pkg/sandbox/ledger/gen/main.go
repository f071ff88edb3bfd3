// Command gen writes docs/ledger.md from the ledgers of the emulators.
//
// Usage: go run ./gen -out ledger.md
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
	"github.com/spillway/spillway/pkg/sandbox/ledger"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	out := flags.String("out", "ledger.md", "path of the file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := ledger.Write(&buf, kinesis.Ledger(), lambda.Ledger(), eventsource.Ledger()); err != nil {
		return err
	}
	return os.WriteFile(*out, buf.Bytes(), 0o644)
}
