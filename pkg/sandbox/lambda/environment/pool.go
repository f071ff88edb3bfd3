package environment

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Pool holds the environments of one revision of a function. End it with [Pool.Close].
type Pool struct {
	host *Host
	fn   Function

	mu     sync.Mutex // guards what follows
	idle   []*environment
	all    map[*environment]struct{} // idle and busy
	closed bool
	killed bool // Close ran out of patience

	work sync.WaitGroup // invocations, and ends of environments; added to under mu
}

// NewPool returns a pool without environments.
func (h *Host) NewPool(fn Function) *Pool {
	return &Pool{host: h, fn: fn, all: make(map[*environment]struct{})}
}

// Invoke runs the function once and returns how it ended. The invocation is not ended by ctx: as on AWS, a function
// runs to its end when its caller has gone away; ctx only keeps one from being begun. The error is [ErrThrottled],
// [ErrClosed], or what this machine lacked.
func (p *Pool) Invoke(ctx context.Context, req Request) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return Result{}, ErrClosed
	}
	p.work.Add(1)
	p.mu.Unlock()
	defer p.work.Done()

	inv := newInvocation(req)
	env, out, err := p.acquire(inv)
	if err != nil {
		return Result{}, err
	}
	if out != nil {
		return inv.result(*out, nil), nil
	}
	return p.run(env, inv), nil
}

func (inv *invocation) result(out outcome, tail []byte) Result {
	res := Result{RequestID: inv.id, Payload: out.payload, LogTail: tail}
	if out.failed {
		res.FunctionError = Unhandled
	}
	return res
}

// run has a ready environment handle inv, and puts it back if it can be used again.
func (p *Pool) run(env *environment, inv *invocation) Result {
	begun := time.Now()
	if inv.deadline.IsZero() {
		inv.deadline = begun.Add(p.fn.Timeout)
	}
	env.logStart(inv)
	out, reusable := env.handle(inv, p.fn.Timeout)
	end := ending{}
	if !reusable {
		end = env.endingOf(out, inv.deadline)
		env.halt() // what it still does is no part of this invocation
	}
	tail := env.logEnd(inv, out, time.Since(begun), end)
	p.release(env, reusable)
	return inv.result(out, tail)
}

// endingOf says how an invocation that left its environment useless ended.
func (e *environment) endingOf(out outcome, deadline time.Time) ending {
	switch {
	case e.memory.exceeded.Load():
		return ending{statusError, "Runtime.OutOfMemory"}
	case !time.Now().Before(deadline):
		return ending{statusTimeout, ""}
	case out.kind != "":
		return ending{statusError, out.kind}
	}
	return ending{statusError, exitError} // it answered, and ended
}

// acquire finds or makes an environment that waits for work. The outcome is not nil when the function cannot start.
func (p *Pool) acquire(inv *invocation) (*environment, *outcome, error) {
	if env := p.takeIdle(); env != nil {
		env.thaw()
		return env, nil, nil
	}
	if fail := p.fn.checkBootstrap(); fail != nil {
		return nil, &outcome{payload: fail.payload(), failed: true}, nil
	}
	if !p.host.admit() {
		return nil, nil, ErrThrottled
	}
	env, out, err := p.initialised(inv)
	if env == nil {
		p.host.dismiss()
	}
	return env, out, err
}

// initialised starts an environment. As on AWS, an init phase that fails is tried once more as a part of the
// invocation, within the function's own timeout.
func (p *Pool) initialised(inv *invocation) (*environment, *outcome, error) {
	env, err := p.start()
	if err != nil {
		return nil, nil, err
	}
	begun := time.Now()
	out := env.initialise(inv, p.host.cfg.InitTimeout)
	if out == nil {
		return env, nil, nil
	}
	env.logInit(time.Since(begun), phaseInit, env.endingOf(*out, begun.Add(p.host.cfg.InitTimeout)))
	p.discard(env)

	begun = time.Now()
	inv.deadline = time.Now().Add(p.fn.Timeout)
	if env, err = p.start(); err != nil {
		return nil, nil, err
	}
	if out = env.initialise(inv, p.fn.Timeout); out == nil {
		return env, nil, nil
	}
	env.logInit(time.Since(begun), phaseInvoke, env.endingOf(*out, inv.deadline))
	p.discard(env)
	return nil, out, nil
}

func (p *Pool) start() (*environment, error) {
	env, err := start(p.host, p.fn)
	if err != nil {
		return nil, fmt.Errorf("start environment of %s: %w", p.fn.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[env] = struct{}{}
	if p.killed {
		env.proc.Kill()
	}
	return env, nil
}

// discard ends an environment that its caller holds; the place it took is still counted.
func (p *Pool) discard(env *environment) {
	env.destroy()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, env)
}

// end discards an environment and gives its place free.
func (p *Pool) end(env *environment) {
	p.discard(env)
	p.host.dismiss()
}

// takeIdle takes the environment that was used last, so that the others grow old and are ended.
func (p *Pool) takeIdle() *environment {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		env := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		env.reap.Stop()
		if env.alive() {
			return env
		}
		p.work.Go(func() { p.end(env) })
	}
	return nil
}

// release puts an environment back, or ends it.
func (p *Pool) release(env *environment, reusable bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !reusable || p.closed {
		p.work.Go(func() { p.end(env) })
		return
	}
	env.freeze()
	p.idle = append(p.idle, env)
	env.reap = time.AfterFunc(p.host.cfg.IdleTimeout, func() { p.expire(env) })
}

// expire ends an environment that is still idle.
func (p *Pool) expire(env *environment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.idle, env)
	if at < 0 {
		return
	}
	p.idle = slices.Delete(p.idle, at, at+1)
	p.work.Go(func() { p.end(env) })
}

// Retire refuses further invocations and ends idle environments; busy ones end after their invocation. It does not
// wait.
func (p *Pool) Retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, env := range p.idle {
		env.reap.Stop()
		p.work.Go(func() { p.end(env) })
	}
	p.idle = nil
}

// Close is Retire, and waits until every environment is gone. Those that are still busy when ctx ends are killed; their
// invocations end as crashed.
func (p *Pool) Close(ctx context.Context) {
	p.Retire()
	release := context.AfterFunc(ctx, p.killAll)
	defer release()
	p.work.Wait()
}

func (p *Pool) killAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	for env := range p.all {
		env.proc.Kill()
	}
}

// Environment is an environment of a pool, as it is at one moment.
type Environment struct {
	PID  int
	Busy bool
}

// Environments are those whose processes run.
func (p *Pool) Environments() []Environment {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Environment
	for env := range p.all {
		if env.alive() {
			out = append(out, Environment{PID: env.proc.Pid(), Busy: !slices.Contains(p.idle, env)})
		}
	}
	return out
}

// Kill kills the processes of all environments, waits until they are gone and tells how many there were. Running
// invocations end as crashed; the pool goes on with new environments.
func (p *Pool) Kill() int {
	p.mu.Lock()
	var killed []*environment
	for env := range p.all {
		if env.alive() {
			env.proc.Kill()
			killed = append(killed, env)
		}
	}
	p.mu.Unlock()
	for _, env := range killed { // else the next invocation could be given to one of them
		<-env.proc.Exited()
	}
	return len(killed)
}
