package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/e2e/harness"
)

const (
	gatewayCount = 3
	// faultInterval is the time between faults: the rate of the producer follows from
	// it, between bounds.
	faultInterval    = 3 * time.Second
	minRate, maxRate = 100, 2500 // records per second
	quietTime        = 20 * time.Second
	// meanRecord is about what a record has in bytes.
	meanRecord = 260.0

	// stallLimit is after what time a gateway ends the stream of a subscriber that takes
	// nothing, and streamAge when it asks one to come back: short, so that both happen.
	stallLimit = 4 * time.Second
	streamAge  = 20 * time.Second

	liveTimeout = time.Minute
	// stallTimeout is how long a subscriber that has not got everything may be shown
	// nothing after the faults: longer than the SDK waits after many failures (30 s) with
	// a connection that does not come about (10 s), and Lambda after a timeout.
	stallTimeout = 2 * time.Minute
	// healTimeout bounds the wait for all in any case.
	healTimeout = 10 * time.Minute
	healPoll    = 100 * time.Millisecond
	healTell    = 10 * time.Second
	// settleTime is how long something may still be shown that should not be.
	settleTime = 2 * time.Second
)

// errBroken says that a promise broke.
var errBroken = errors.New("a promise broke")

// bench is one run.
type bench struct {
	settings settings
	out      io.Writer
	begun    time.Time
	dir      string // of everything
	sayLock  sync.Mutex

	target      target
	system      *harness.System // nil if the target is given
	workload    *workload
	truth       *truth
	prints      fingerprint
	subscribers []*subscriber
	intruder    *intruder
	conductor   *conductor
	calm        atomic.Bool
	givenUp     []string
}

// run runs the bench as the environment says. Its error is errBroken (wrapped) if a
// promise broke, else one of the bench.
func run(ctx context.Context, environ []string, out io.Writer) error {
	s, err := readSettings(environ)
	if err != nil {
		return err
	}
	b := &bench{settings: s, out: out, begun: time.Now(), workload: newWorkload(s.seed), prints: newFingerprint()}
	b.truth = newTruth(len(b.workload.chains))
	if b.dir, err = b.directory(); err != nil {
		return err
	}
	b.say("seed %d, %d records, %d faults; logs are in %s", s.seed, s.Records, s.Faults, b.dir)
	if err := b.start(ctx); err != nil {
		return fmt.Errorf("%w; logs are in %s", err, b.dir)
	}
	faults := schedule(plan{s.seed, s.Records, s.Faults, s.kinds(), gatewayCount, len(roles())})
	err = b.endure(ctx, faults)
	if err == nil {
		err = b.lookForGivenUp(ctx)
	}
	if errStop := b.target.Stop(); err == nil && errStop != nil {
		err = errStop
	}
	if err != nil {
		return fmt.Errorf("%w; logs are in %s", err, b.dir)
	}
	return b.conclude(faults)
}

// say tells something, with the time since the beginning.
func (b *bench) say(format string, args ...any) {
	b.sayLock.Lock()
	defer b.sayLock.Unlock()
	fmt.Fprintf(b.out, "%7.1f s  %s\n", time.Since(b.begun).Seconds(), fmt.Sprintf(format, args...))
}

// directory is where everything of the run goes.
func (b *bench) directory() (string, error) {
	if b.settings.Dir == "" {
		return os.MkdirTemp("", "chaos-")
	}
	dir, err := filepath.Abs(b.settings.Dir)
	if err != nil {
		return "", fmt.Errorf("CHAOS_DIR: %w", err)
	}
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		return "", fmt.Errorf("CHAOS_DIR: %s is not empty", dir)
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// start builds the programs, if that is not done, and starts the system.
func (b *bench) start(ctx context.Context) error {
	if b.settings.Stack != "" {
		at, err := readGiven(b.settings.Stack)
		b.target = at
		return err
	}
	bin := b.settings.Binaries
	if bin == "" {
		bin = filepath.Join(b.dir, "bin")
		if err := harness.Build(ctx, b.settings.Root, bin, b.settings.Race, b.out); err != nil {
			return err
		}
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		return fmt.Errorf("CHAOS_BINARIES: %w", err)
	}
	b.system, err = harness.Start(ctx, harness.Options{
		Dir: filepath.Join(b.dir, "system"), Binaries: bin, Customers: customers(), Gateways: gatewayCount,
		Environment: map[string]string{"SPILLWAY_STALL_TIMEOUT": stallLimit.String(), "SPILLWAY_STREAM_AGE": streamAge.String()},
	})
	if err != nil {
		return err
	}
	b.target = started{b.system}
	b.say("started %d gateways", gatewayCount)
	return nil
}

// rate is how many records per second are put, so that the faults have their interval.
func (b *bench) rate() float64 {
	duration := max(quietTime, time.Duration(b.settings.Faults)*faultInterval)
	return min(maxRate, max(minRate, float64(b.settings.Records)/duration.Seconds()))
}

// endure puts the records while the faults happen, heals, and waits until everybody
// has what there is.
func (b *bench) endure(ctx context.Context, faults []fault) error {
	ctx, cancel := context.WithCancel(ctx)
	var audience sync.WaitGroup
	defer audience.Wait()
	defer cancel()
	if err := b.gather(ctx, &audience); err != nil {
		return err
	}
	p := &producer{
		kinesis: kinesis.NewFromConfig(b.target.AWS()), stream: b.target.Stream(), workload: b.workload,
		truth: b.truth, prints: b.prints, rate: b.rate(),
	}
	b.conductor = newConductor(b.system, b.subscribers, b.truth.total, b.say)
	b.intruder = &intruder{target: b.target, stolen: b.subscribers[0].cursor} // an institute's
	g, gctx := errgroup.WithContext(ctx)
	trespass, stopTrespass := context.WithCancel(gctx)
	defer stopTrespass()
	var trespassing errgroup.Group
	trespassing.Go(func() error { return b.intruder.run(trespass) })
	g.Go(func() error { return p.run(gctx, b.settings.Records) })
	g.Go(func() error { return b.conductor.run(gctx, faults) })
	err := g.Wait()
	stopTrespass()
	if err := errors.Join(err, trespassing.Wait()); err != nil {
		return err
	}
	b.calm.Store(true)
	b.say("the faults are over: %d records are put, and one last of each key", b.truth.total())
	if err := p.finish(ctx); err != nil {
		return err
	}
	if err := b.awaitAll(ctx); err != nil {
		return err
	}
	return sleep(ctx, settleTime)
}

// gather starts the subscribers and waits until those are live that come before the
// first record.
func (b *bench) gather(ctx context.Context, audience *sync.WaitGroup) error {
	l := load{records: b.rate(), bytes: b.rate() * meanRecord}
	for _, r := range b.settings.roles(b.begun) {
		s, err := newSubscriber(r, b.target, b.workload, b.prints, b.settings.seed, l, &b.calm)
		if err != nil {
			return err
		}
		s.file = filepath.Join(b.dir, "position-"+strings.ReplaceAll(r.name, " ", "-"))
		b.subscribers = append(b.subscribers, s)
		if r.late {
			audience.Go(func() { b.comeLate(ctx, s) })
		} else {
			audience.Go(func() { s.run(ctx) })
		}
	}
	timeout := time.After(liveTimeout)
	for _, s := range b.subscribers {
		if s.role.late {
			continue
		}
		select {
		case <-s.live:
		case <-timeout:
			return fmt.Errorf("subscriber %q is not live within %s", s.role.name, liveTimeout)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.say("%d subscribers are live", len(b.subscribers))
	return nil
}

// comeLate subscribes when a third of the records are put.
func (b *bench) comeLate(ctx context.Context, s *subscriber) {
	for b.truth.total() < b.settings.Records/3 {
		if sleep(ctx, conductorPoll) != nil {
			return
		}
	}
	s.run(ctx)
}

// awaitAll waits until every subscriber has been shown the last record of each chain,
// or nobody who has not is shown anything any more.
func (b *bench) awaitAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healTimeout)
	defer cancel()
	var ends []int
	for _, records := range b.truth.records() {
		ends = append(ends, len(records))
	}
	begun, tell := time.Now(), time.Now().Add(healTell)
	for {
		waiting, stalled := b.waiting(ends, begun)
		if len(waiting) == 0 {
			b.say("everybody has everything that there is")
			return nil
		}
		if time.Now().After(tell) {
			b.say("waiting for %v", waiting)
			tell = time.Now().Add(healTell)
		}
		err := sleep(ctx, healPoll)
		if stalled || errors.Is(err, context.DeadlineExceeded) {
			b.say("giving up waiting for %v", waiting)
			return nil // the checker says what is missing
		}
		if err != nil {
			return err
		}
	}
}

// waiting are those who have not everything, and whether none of them is shown
// anything any more.
func (b *bench) waiting(ends []int, since time.Time) (names []string, stalled bool) {
	latest := since
	for _, s := range b.subscribers {
		missing, seen := s.missing(b.workload, ends)
		if missing == 0 {
			continue
		}
		names = append(names, fmt.Sprintf("%s (%d chains)", s.role.name, missing))
		if seen.After(latest) {
			latest = seen
		}
	}
	return names, time.Since(latest) > stallTimeout
}
