package stack

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

const (
	// readyPoll is how often a starting daemon is asked whether it is ready.
	readyPoll = 20 * time.Millisecond
	// abandonGrace is what a daemon gets to end whose start has failed or was interrupted; who waits for that has had
	// to wait already, and mage gives an interrupted target 5 s in all.
	abandonGrace = 3 * time.Second
)

// Up starts the stack unless it runs, and returns how to reach it once everything is ready and deployed. An Up that
// fails, or whose context ends, leaves nothing running.
func (s *Stack) Up(ctx context.Context) (Endpoints, error) {
	e, err := s.up(ctx)
	if err != nil {
		return Endpoints{}, fmt.Errorf("up: %w", err)
	}
	return e, nil
}

func (s *Stack) up(ctx context.Context) (Endpoints, error) {
	if runtime.GOOS != "linux" {
		return Endpoints{}, fmt.Errorf("the local stack needs Linux, this is %s: the sandbox runs the function's Linux program", runtime.GOOS)
	}
	release, err := s.exclusive(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	defer release()
	if s.mayRunInContainers() {
		return Endpoints{}, errors.New("the stack runs here in containers: end it with down")
	}
	pid, alive, err := s.running()
	if err != nil {
		return Endpoints{}, err
	}
	if alive {
		r, err := s.record()
		if err == nil {
			return r.Endpoints, s.alreadyUp(ctx, pid, r)
		}
		s.say("A stack that never became ready runs here (%v): ending it.", err)
		if err := s.end(ctx, pid, s.o.StopGrace); err != nil {
			return Endpoints{}, err
		}
	}
	s.removeRuntimeFiles()
	ports := s.o.Ports
	if s.o.Template == TemplateAllSteps {
		ports.Admin, ports.Redis = 0, 0 // each task has an address of its own, and caches have a free port
	}
	ports, err = ports.settle(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	return s.bringUp(ctx, ports)
}

// alreadyUp tells that and how the stack runs. It is an error if it does not run well.
func (s *Stack) alreadyUp(ctx context.Context, pid int, r record) error {
	h, err := fetchHealth(ctx, r.Endpoints.AWS)
	if err != nil {
		return fmt.Errorf("the sandbox (pid %d) runs but does not answer; end it with down: %w", pid, err)
	}
	if h.Pid != pid {
		return fmt.Errorf("the sandbox at %s has pid %d, but that of this stack %d; end it with down", r.Endpoints.AWS, h.Pid, pid)
	}
	if h.Status != daemonReady {
		return fmt.Errorf("the stack runs, but is %s: %s; see status and logs, or end it with down", h.Status, h.unready())
	}
	s.say("Spillway is up already, since %s. To run what was built since: down, then up.\n", r.Started.Local().Format(time.TimeOnly))
	s.summary(r, h.redisKind(), true)
	return nil
}

// bringUp builds, starts and deploys.
func (s *Stack) bringUp(ctx context.Context, ports Ports) (Endpoints, error) {
	var built time.Duration
	if s.o.Binaries == "" {
		s.say("Building (the first time takes a minute) ...")
		begin := time.Now()
		if err := Build(ctx, BuildOptions{Root: s.o.Root, Dir: s.path(binDir), Out: s.o.Out}); err != nil {
			return Endpoints{}, err
		}
		built = time.Since(begin)
	}
	begin := time.Now()
	if err := s.writeConfiguration(ports); err != nil {
		return Endpoints{}, err
	}
	d, err := s.launch(ctx, ports)
	if err != nil {
		return Endpoints{}, err
	}
	timed, cancel := context.WithTimeoutCause(ctx, s.o.StartTimeout, fmt.Errorf("it took longer than %s", s.o.StartTimeout))
	defer cancel()
	r, err := s.complete(timed, d, ports, built)
	if err != nil {
		return Endpoints{}, s.abandon(ctx, d, err)
	}
	s.say("Spillway is up, %.2f s after its start.\n", time.Since(begin).Seconds())
	s.summary(r.record, r.redis, true)
	return r.Endpoints, nil
}

// completed is a stack that has come up.
type completed struct {
	record
	redis string
}

// complete waits until the daemon is ready, deploys to it and writes down how to reach what has become of it.
func (s *Stack) complete(ctx context.Context, d *daemon, ports Ports, built time.Duration) (completed, error) {
	s.say("Starting the sandbox ...")
	begin := time.Now()
	e := endpointsAt(ports)
	e.CAFile = s.path(tlsDir, caFile)
	e.InsideCAFile = s.path(stateDir, tlsDir, caFile)
	if err := s.awaitReady(ctx, d, e.AWS); err != nil {
		return completed{}, err
	}
	started := time.Since(begin)
	s.say("Deploying %s ...", s.o.Template)
	if err := s.deploy(ctx, s, &e); err != nil {
		return completed{}, fmt.Errorf("%w\nlogs are in %s and %s", err, s.shown(s.path(logDir)), s.shown(s.path(stateDir)))
	}
	deployed := time.Since(begin) - started
	h, err := fetchHealth(ctx, e.AWS)
	if err != nil {
		return completed{}, err
	}
	if e.Customers, err = s.customers(); err != nil {
		return completed{}, err
	}
	r := record{Started: begin, Endpoints: e}
	for _, c := range s.o.Customers {
		r.Customers = append(r.Customers, c.Name)
	}
	if err := errors.Join(s.writeProperties(e), s.writeRecord(r)); err != nil {
		return completed{}, err
	}
	s.say("Built in %.2f s, started in %.2f s, deployed in %.2f s.", built.Seconds(), started.Seconds(), deployed.Seconds())
	return completed{record: r, redis: h.redisKind()}, nil
}

// awaitReady waits until everything that the daemon supervises can be used.
func (s *Stack) awaitReady(ctx context.Context, d *daemon, endpoint string) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	var last Health
	for {
		select {
		case <-d.ended:
			return s.startFailure(fmt.Errorf("the sandbox ended before it was ready (%w)", exitOf(d.err)), Health{})
		case <-ctx.Done():
			return s.startFailure(fmt.Errorf("waited for %s: %w", last.unready(), context.Cause(ctx)), last)
		case <-tick.C:
		}
		h, err := fetchHealth(ctx, endpoint)
		if err != nil {
			continue // it does not listen yet
		}
		if h.Pid != d.pid {
			return fmt.Errorf("%s is answered by another sandbox (pid %d): set SPILLWAY_PORT_AWS to another port", endpoint, h.Pid)
		}
		switch h.Status {
		case daemonReady:
			return nil
		case daemonFailed:
			return s.startFailure(errors.New(h.unready()), h)
		}
		last = h
	}
}

func exitOf(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// abandon ends a daemon whose start has failed, and adds to err what could not be ended.
func (s *Stack) abandon(ctx context.Context, d *daemon, err error) error {
	ctx = context.WithoutCancel(ctx)
	var left error
	select {
	case <-d.ended: // its process id may be another program's by now
		if !s.awaitEnd(ctx, killGrace) {
			left = fmt.Errorf("the sandbox has ended, but processes of the stack in %s still run", s.o.Dir)
		}
	default:
		s.say("Ending what was started ...")
		left = s.end(ctx, d.pid, abandonGrace)
	}
	s.removeRuntimeFiles()
	return errors.Join(err, left)
}
