package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/rebuild"
)

// replayOptions are the flags of admin replay.
type replayOptions struct {
	from      string
	function  string
	dryRun    bool
	maxEvents int
	output    string
}

func (p *program) replayCommand() *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay --from TIME",
		Short: "Append to the event log what it misses of a Kinesis stream",
		Long: `Read a Kinesis stream again from TIME on, and append the events that the log does not have: after Redis has lost
data, for as long as Kinesis still has the records. Doing it twice appends nothing the second time.

TIME should be just before the oldest event that was lost. What the log had trimmed counts as missing, too, so a TIME
further back than its retention brings that again. A consumer that was held up should have caught up before: what it
has yet to append from before TIME comes after what is appended here, and what it then comes to since TIME it appends
again, for subscribers to get twice. Nothing is lost by that.

With --function, the consumer's event source mapping is disabled meanwhile, and enabled again in the end, whatever
happens; only if this process is killed it stays disabled, and the command that enables it is printed beforehand.
Without it, a partition key that gets new records meanwhile gets them before its older ones.

Subscribers of a lane that something is appended to are told of a gap (LOG_RESET), and then get the events, behind all
that was appended before. Those that had read some of them before the loss get them again; the Go SDK drops the ids
that it remembers.

The log and the route are the consumer's. They are given by its variables, SPILLWAY_REDIS_URL, SPILLWAY_ROUTE,
SPILLWAY_LOG_NAME, SPILLWAY_PARALLELIZATION and, for a log that is not there any more, SPILLWAY_LANES,
SPILLWAY_RETENTION and SPILLWAY_BUDGET. With --function, those that are not set here are the function's own. Without
it, SPILLWAY_ROUTE is required.

AWS credentials are found as the AWS CLI finds them. They need kinesis:DescribeStreamSummary, ListShards,
GetShardIterator and GetRecords, and with --function lambda:GetFunctionConfiguration, ListEventSourceMappings,
GetEventSourceMapping and UpdateEventSourceMapping.`,
		Example: `  spillway admin replay --from 2h --function weather-consumer --dry-run
  spillway admin replay --from 2026-11-22T12:00:00Z --function weather-consumer
  SPILLWAY_REDIS_URL=redis://127.0.0.1:6379 SPILLWAY_ROUTE='weather.us.{state}' spillway admin replay --stream weather --from 30m`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.replay(cmd, o) },
	}
	f := cmd.Flags()
	f.String(settingStream.places().flag, "", "the Kinesis stream")
	f.String(settingKinesis.places().flag, "", "where Kinesis and Lambda are (default: AWS)")
	f.String(settingRegion.places().flag, "", "AWS region")
	f.StringVar(&o.from, "from", "", "records that Kinesis accepted since: a time such as 2026-01-02T03:04:05Z, or how long ago, such as 90m")
	f.StringVar(&o.function, "function", "", "the consumer's Lambda function, which is to rest meanwhile")
	f.BoolVar(&o.dryRun, "dry-run", false, "count what is missing and append nothing")
	f.IntVar(&o.maxEvents, "max-events", rebuild.DefaultMaxEvents, "fail if the log holds more events since TIME: each takes about 80 bytes of memory here")
	outputFlag(cmd, &o.output)
	return cmd
}

// replay checks everything before anything is touched.
func (p *program) replay(cmd *cobra.Command, o replayOptions) error {
	settings, err := p.settings(cmd)
	if err != nil {
		return err
	}
	cfg, endpoint, mistakes := o.check(settings)
	if err := configError(mistakes); err != nil {
		return err
	}
	ctx := cmd.Context()
	kinesis, lambda, err := rebuild.Connect(ctx, endpoint)
	if errors.Is(err, rebuild.ErrNoRegion) {
		err = fmt.Errorf("%w: give it by %s", err, settingRegion.ways())
	}
	if err != nil {
		return usageError{err}
	}
	var variables map[string]string
	if o.function != "" {
		if variables, err = rebuild.VariablesOf(ctx, lambda, o.function); err != nil {
			return err
		}
		cfg.Pause = p.pause(o, endpoint, lambda)
	}
	consumer, mistakes := consumerSettings(p.getenv, variables)
	if err := configError(mistakes); err != nil {
		return err
	}
	log, err := eventlog.Open(consumer.EventLog())
	if err != nil {
		return usageError{err}
	}
	defer log.Close()
	cfg.Kinesis, cfg.Log, cfg.Route = kinesis, log, consumer.Route
	return p.runReplay(ctx, o, cfg)
}

// check returns what the flags and settings say, and every mistake in them.
func (o replayOptions) check(c *settings) (cfg rebuild.Config, endpoint rebuild.Endpoint, mistakes []error) {
	now := time.Now()
	cfg = rebuild.Config{Stream: c.get(settingStream), DryRun: o.dryRun, MaxEvents: o.maxEvents}
	if err := checkOutput(o.output); err != nil {
		mistakes = append(mistakes, err)
	}
	var err error
	if cfg.From, err = parsePast(o.from, now); err != nil {
		mistakes = append(mistakes, err)
	}
	if o.maxEvents < 1 {
		mistakes = append(mistakes, fmt.Errorf("--max-events is %d, must be at least 1", o.maxEvents))
	}
	kinesis, err := c.kinesis()
	if err != nil {
		mistakes = append(mistakes, err)
	}
	endpoint = rebuild.Endpoint{Kinesis: kinesis.URL, Lambda: lambdaURL(c), Region: kinesis.Region, Dummy: kinesis.Dummy}
	mistakes = append(mistakes, c.missing(settingStream)...)
	if o.function == "" { // else what is missing may be the function's
		_, wrong := consumerSettings(c.getenv, nil)
		mistakes = append(mistakes, wrong...)
	}
	return cfg, endpoint, mistakes
}

// parsePast reads --from.
func parsePast(text string, now time.Time) (time.Time, error) {
	const want = "must be a time such as 2026-01-02T03:04:05Z, or how long ago, such as 90m"
	if text == "" {
		return now, errors.New("--from is missing: it " + want)
	}
	at, err := time.Parse(time.RFC3339, text)
	if ago, wrong := time.ParseDuration(text); err != nil && wrong == nil {
		at, err = now.Add(-ago), nil
	}
	switch {
	case err != nil:
		return now, fmt.Errorf("--from is %q, %s", text, want)
	case !at.Before(now):
		return now, fmt.Errorf("--from is %q, must be in the past", text)
	case now.Sub(at) > eventlog.MaxRetention:
		return now, fmt.Errorf("--from is %q, must be at most 365 days ago, which is what Kinesis retains", text)
	}
	return at, nil
}

// runReplay replays and tells about it.
func (p *program) runReplay(ctx context.Context, o replayOptions, cfg rebuild.Config) error {
	epoch, err := cfg.Log.Epoch(ctx) // a Redis that is away is told before the consumer is stopped
	if err != nil {
		return err
	}
	if age := time.Since(cfg.From); age > epoch.Retention {
		p.note("the log retains %s: what it has trimmed since %s counts as missing, too", epoch.Retention, cfg.From.Format(time.RFC3339))
	}
	if cfg.Pause == nil && !cfg.DryRun {
		p.note("the consumer goes on meanwhile: keys that get new records have them before older ones; --function NAME stops it")
	}
	cfg.OnProgress = p.noteProgress
	// A terminal that goes away, or a pipe that nobody reads any more, is an interrupt,
	// too: the consumer must not be left stopped by it.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	sum, err := rebuild.Run(ctx, cfg)
	if err == nil && cfg.Pause != nil && !cfg.DryRun && len(sum.Paused) == 0 {
		p.note("no event source mapping of %s was enabled; it is left so", o.function)
	}
	if sum.MissingBytes > sum.Epoch.Budget && sum.Epoch.Budget > 0 {
		p.note("%s were missing, and the log may hold %s: what is oldest in it gives way", sizeText(sum.MissingBytes), sizeText(sum.Epoch.Budget))
	}
	if printErr := p.printReplay(o.output, cfg, sum, err == nil); err == nil {
		err = printErr
	}
	return replayVerdict(err)
}

// replayVerdict keeps a mapping that is left disabled from looking like an interrupt.
func replayVerdict(err error) error {
	if tooMany, ok := errors.AsType[*rebuild.TooManyError](err); ok {
		return fmt.Errorf("%w: give a later --from, or more --max-events", tooMany)
	}
	if _, left := errors.AsType[*rebuild.EnableError](err); left {
		return errors.New(err.Error())
	}
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return err
}
