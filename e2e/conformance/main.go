package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	requests     string
	kinesisLocal string
	load         time.Duration
	out          string
	all          bool
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.StringVar(&o.requests, "requests", "../pkg/sandbox/kinesis/testdata", "directory of the requests")
	flags.StringVar(&o.kinesisLocal, "kinesis-local", "", "path of kinesis-local's main.js; npm installs it if empty")
	flags.DurationVar(&o.load, "load", 5*time.Second, "how long to put records for the throughput; 0 leaves it out")
	flags.StringVar(&o.out, "out", "", "file for the report, besides the standard output")
	flags.BoolVar(&o.all, "all", false, "list every request that somebody answers other than AWS")
	return o, flags.Parse(args)
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	requests, err := readRequests(o.requests)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r := report{requests: requests}
	for _, c := range contenders(dir, o) {
		res, err := measure(ctx, c, requests, o.load)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			res.problem = err
		}
		r.results = append(r.results, res)
	}
	text := r.text(o.all)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return r.verdict()
}
