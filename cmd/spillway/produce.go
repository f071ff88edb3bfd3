package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/produce"
)

// produceOptions are the flags of produce, and its argument.
type produceOptions struct {
	path     string // empty: stdin
	generate string
	seed     uint64
	format   string
	csvText  bool
	key      string
	fields   []string
	rate     float64
	count    int64
	duration time.Duration
	skipBad  bool

	rateGiven bool // also as 0
}

func (p *program) produceCommand() *cobra.Command {
	var o produceOptions
	cmd := &cobra.Command{
		Use:   "produce [FILE]",
		Short: "Put records into a Kinesis stream",
		Long: `Put records into a Kinesis stream: from a file or stdin (JSON lines, or CSV with a header row, each row of which
becomes a JSON object), or made-up weather. Records of one partition key keep their order, whatever Kinesis refuses
for the moment. AWS credentials are found as the AWS CLI finds them; an endpoint on loopback gets made-up ones unless
AWS_ACCESS_KEY_ID is set.`,
		Example: `  spillway produce history.jsonl --stream weather --key '{station}'
  spillway produce --generate weather --rate 500 --duration 1m
  zcat feed.csv.gz | spillway produce --format csv --key '{id}' --field 'source=feed-{region}'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("produce takes one file, has %d", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != "-" {
				o.path = args[0]
			}
			o.rateGiven = cmd.Flags().Changed("rate")
			return p.produce(cmd, o)
		},
	}
	produceFlags(cmd, &o)
	return cmd
}

func produceFlags(cmd *cobra.Command, o *produceOptions) {
	f := cmd.Flags()
	f.String(settingStream.places().flag, "", "the Kinesis stream")
	f.String(settingKinesis.places().flag, "", "where Kinesis is (default: AWS)")
	f.String(settingRegion.places().flag, "", "AWS region")
	f.StringVar(&o.generate, "generate", "", "make records up instead of reading them: weather")
	f.Uint64Var(&o.seed, "seed", 0, "repeat the figures of --generate (0: new ones)")
	f.StringVar(&o.format, "format", "", "jsonl or csv (default: by the file's name, else jsonl)")
	f.BoolVar(&o.csvText, "csv-text", false, "keep CSV values that are numbers as texts")
	f.StringVar(&o.key, "key", "", "partition key, with fields in braces: '{station}' (generated weather: '{station}')")
	f.StringArrayVar(&o.fields, "field", nil, "add a field to each record: name=text, with fields in braces; may come again")
	f.Float64Var(&o.rate, "rate", 0, "records per second (0: as fast as possible); left out: 0, and 50 of generated weather")
	f.Int64Var(&o.count, "count", 0, "stop after so many records (0: all)")
	f.DurationVar(&o.duration, "duration", 0, "stop making records up after this time (0: never)")
	f.BoolVar(&o.skipBad, "skip-bad", false, "leave out lines and records that break a rule, and say so")
}

func (p *program) produce(cmd *cobra.Command, o produceOptions) error {
	settings, err := p.settings(cmd)
	if err != nil {
		return err
	}
	o = o.withDefaults()
	recipe, mistakes := o.recipe()
	endpoint, endpointErr := settings.kinesis()
	mistakes = append(mistakes, settings.missing(settingStream)...)
	if endpointErr != nil {
		mistakes = append(mistakes, endpointErr)
	}
	if len(mistakes) > 0 {
		return configError(mistakes)
	}
	kinesis, err := produce.NewKinesis(cmd.Context(), endpoint)
	if errors.Is(err, produce.ErrNoRegion) {
		err = fmt.Errorf("%w: give it by %s", err, settingRegion.ways())
	}
	if err != nil {
		return usageError{err}
	}
	in, err := p.open(o)
	if err != nil {
		return err
	}
	defer in.Close()
	progress := newProgress(p.stderr)
	job := job{program: p, options: o, recipe: recipe, progress: progress}
	producer := produce.Producer{Kinesis: kinesis, Stream: settings.get(settingStream), OnProgress: progress.show, OnRefused: job.onRefused}
	ctx := cmd.Context()
	sum, err := producer.Run(ctx, job.records(ctx, in))
	progress.clear()
	p.printSummary(producer.Stream, sum, job.notes.count())
	return o.verdict(ctx, err)
}

// kinesis returns where to put records and as whom.
func (c *settings) kinesis() (produce.Endpoint, error) {
	e := produce.Endpoint{URL: c.get(settingKinesis), Region: c.get(settingRegion)}
	if e.URL == "" {
		return e, nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return e, fmt.Errorf("the Kinesis endpoint %q must be a URL: http://host:port or https://host", e.URL)
	}
	if client.IsLoopback(u.Hostname()) {
		e.Dummy = c.getenv("AWS_ACCESS_KEY_ID") == "" // a profile is for AWS, and is often set for good
		if e.Region == "" {
			e.Region = "us-east-1"
		}
	}
	return e, nil
}

// printSummary says what was done.
func (p *program) printSummary(stream string, sum produce.Summary, skipped int64) {
	seconds := sum.Elapsed.Seconds()
	fmt.Fprintf(p.stdout, "put %d records (%s) into %s in %.1f s (%.0f/s, %d requests), %d sent again, %d skipped\n",
		sum.Records, sizeText(sum.Bytes), stream, seconds, float64(sum.Records)/max(seconds, 1e-3), sum.Requests, sum.Retries, skipped)
}

// verdict tells whether the end is what was asked for.
func (o produceOptions) verdict(ctx context.Context, err error) error {
	if ctx.Err() == nil || err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if o.generate != "" && o.count == 0 && o.duration == 0 {
		return nil // it ends in no other way
	}
	if err == nil { // everything was put before the signal took effect
		return nil
	}
	return errInterrupted
}
