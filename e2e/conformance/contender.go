package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	account = "123456789012"
	region  = "us-east-1"
	// transition is how long a stream is being created, where that can be said: long enough for a few requests.
	transition = 3 * time.Second
	// startTimeout bounds a start; Node and Python take a second.
	startTimeout = 30 * time.Second
	// installTimeout bounds npm and the Go tool.
	installTimeout = 5 * time.Minute
	endTimeout     = 5 * time.Second
	// sandboxBytes is room for all records of the throughput.
	sandboxBytes = 8 << 30
)

// contender is an emulator.
type contender struct {
	name string
	// prepare installs or builds it and gives the command to run it on an address.
	prepare func(ctx context.Context, port int) (*exec.Cmd, error)
}

func contenders(dir string, o options) []contender {
	return []contender{
		{"sandbox", func(ctx context.Context, port int) (*exec.Cmd, error) { return sandbox(ctx, dir, port) }},
		{"moto", func(ctx context.Context, port int) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, "moto_server", "-H", "127.0.0.1", "-p", strconv.Itoa(port)), nil
		}},
		{"kinesis-local", func(ctx context.Context, port int) (*exec.Cmd, error) {
			return kinesisLocal(ctx, dir, o.kinesisLocal, port)
		}},
	}
}

// tool runs a program to its end; its error has what the program said.
func tool(ctx context.Context, dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func sandbox(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	binary := filepath.Join(dir, "sandbox")
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/spillway/spillway").Output()
	if err != nil {
		return nil, fmt.Errorf("find the module of the sandbox: %w", err)
	}
	if err := tool(ctx, strings.TrimSpace(string(root)), "go", "build", "-o", binary, "./cmd/sandbox"); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(os.Environ(),
		"SPILLWAY_SANDBOX_LISTEN=127.0.0.1:"+strconv.Itoa(port), "SPILLWAY_SANDBOX_STATE="+filepath.Join(dir, "state"),
		"SPILLWAY_SANDBOX_REDIS=none", "SPILLWAY_SANDBOX_ACCOUNT="+account, "SPILLWAY_SANDBOX_REGION="+region,
		"SPILLWAY_SANDBOX_ENFORCE_LIMITS=false", "SPILLWAY_SANDBOX_KINESIS_DELAY="+transition.String(), "SPILLWAY_SANDBOX_LOG_LEVEL=error",
		"SPILLWAY_SANDBOX_KINESIS_BYTES="+strconv.Itoa(sandboxBytes))
	return cmd, nil
}

func kinesisLocal(ctx context.Context, dir, main string, port int) (*exec.Cmd, error) {
	if main == "" {
		into := filepath.Join(dir, "npm")
		if err := os.Mkdir(into, 0o700); err != nil {
			return nil, err
		}
		if err := tool(ctx, into, "npm", "install", "--no-audit", "--no-fund", "--prefix", into, "kinesis-local"); err != nil {
			return nil, err
		}
		main = filepath.Join(into, "node_modules", "kinesis-local", "main.js")
	}
	secure, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "node", filepath.Base(main)) //nolint:gosec // whoever runs this names the file, or npm does
	cmd.Dir = filepath.Dir(main)                                 // its certificate is there
	cmd.Env = append(os.Environ(),
		"KINESIS_MOCK_PLAIN_PORT="+strconv.Itoa(port), "KINESIS_MOCK_TLS_PORT="+strconv.Itoa(secure), "AWS_ACCOUNT_ID="+account, "AWS_REGION="+region,
		"CREATE_STREAM_DURATION="+fmt.Sprintf("%dms", transition.Milliseconds()), "LOG_LEVEL=ERROR", "SHARD_LIMIT=500")
	return cmd, nil
}

// freePort is a port that is free now.
func freePort(ctx context.Context) (int, error) {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer lis.Close()
	return lis.Addr().(*net.TCPAddr).Port, nil
}

// process is an emulator that runs.
type process struct {
	cmd   *exec.Cmd
	url   string
	ready time.Duration // how long the start took
	out   *bytes.Buffer
	ended chan struct{}
}

// start starts an emulator and waits until it answers.
func start(ctx context.Context, c contender) (*process, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	cmd, err := c.prepare(ctx, port)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, url: "http://127.0.0.1:" + strconv.Itoa(port), out: &bytes.Buffer{}, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.out, p.out, endTimeout
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // how it ends is told by what it printed
		close(p.ended)
	}()
	if err := p.await(ctx); err != nil {
		p.stop()
		return nil, fmt.Errorf("%w\n%s", err, p.out)
	}
	p.ready = time.Since(begin)
	return p, nil
}

// await returns when the emulator lists its streams.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	const pause = 5 * time.Millisecond
	for {
		if a, err := send(ctx, p.url, request{Operation: "ListStreams", Body: "{}"}); err == nil && a.status == 200 {
			return nil
		}
		select {
		case <-p.ended:
			return errors.New("it has ended")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

// stop ends the emulator and waits for its end.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(endTimeout):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// memory is the resident memory of the process in MiB; 0 where there is no /proc.
func (p *process) memory() float64 {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}
