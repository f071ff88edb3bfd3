//go:build mage

// The targets of this project. Run them with "go tool mage TARGET"; nothing has to be installed.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/magefile/mage/mg"
	"golang.org/x/term"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy/console"
	"github.com/spillway/spillway/pkg/stack"
)

// demoTime is how long the demo goes on by itself.
const demoTime = time.Minute

// Up starts the local stack and says how to reach it. Ports: SPILLWAY_PORT_AWS, _GATEWAY, _ADMIN, _COGNITO, _REDIS;
// SPILLWAY_REDIS=embedded does without redis-server.
//
// STACK=sandbox runs it as processes, STACK=compose in containers (AWS_IMAGE, REDIS_IMAGE). Unset: in containers if a Docker
// engine answers and has the images or can pull them, else as processes.
func Up(ctx context.Context) error {
	return withStack(ctx, starting, func(ctx context.Context, s local) error {
		_, err := s.Up(ctx)
		return err
	})
}

// Down ends the local stack. Credentials and programs are kept in .spillway.
func Down(ctx context.Context) error {
	return withStack(ctx, running, func(ctx context.Context, s local) error { return s.Down(ctx) })
}

// Status tells what runs, with its memory, and how to reach it.
func Status(ctx context.Context) error {
	return withStack(ctx, running, func(ctx context.Context, s local) error { return s.Status(ctx) })
}

// Logs follows the logs of everything, from the last ten lines on. -last=N shows the last N lines of each and ends.
func Logs(ctx context.Context, last *int) error {
	o := stack.LogOptions{Lines: 10, Follow: true}
	if last != nil {
		o = stack.LogOptions{Lines: *last}
	}
	return withStack(ctx, running, func(ctx context.Context, s local) error { return s.Logs(ctx, o) })
}

// Demo shows weather of fifty states going in and that of one coming out, for a minute or until Ctrl-C.
func Demo(ctx context.Context) error {
	return withStack(ctx, starting, func(ctx context.Context, s local) error { return s.Demo(ctx, demoTime) })
}

// Plan shows what Deploy would do, and changes nothing. SPILLWAY_DEPLOY_FILE, SPILLWAY_PARAMETER_NAME and others set it, as
// go doc ./pkg/deploy/console tells; AWS_ENDPOINT_URL, AWS_PROFILE and AWS_REGION say where.
func Plan(ctx context.Context) error {
	return withConsole(ctx, func(ctx context.Context, c *console.Console) error { return c.Plan(ctx) })
}

// Deploy makes the stack or brings it up to date, and proves that it works. -replace permits it to replace or remove what holds data.
func Deploy(ctx context.Context, replace *bool) error {
	return withConsole(ctx, func(ctx context.Context, c *console.Console) error { return c.Deploy(ctx, replace != nil && *replace) })
}

// Drift shows what somebody changed beside the templates.
func Drift(ctx context.Context) error {
	return withConsole(ctx, func(ctx context.Context, c *console.Console) error { return c.Drift(ctx) })
}

// Destroy deletes the stack, and says what is retained.
func Destroy(ctx context.Context) error {
	return withConsole(ctx, func(ctx context.Context, c *console.Console) error { return c.Destroy(ctx) })
}

// Outputs shows the stack's outputs; -json shows them as JSON.
func Outputs(ctx context.Context, json *bool) error {
	return withConsole(ctx, func(ctx context.Context, c *console.Console) error { return c.Outputs(ctx, json != nil && *json) })
}

// Build builds the programs into .spillway/bin.
func Build(ctx context.Context) error {
	return stack.Build(ctx, stack.BuildOptions{Root: ".", Dir: ".spillway/bin", Out: os.Stdout})
}

// Generate generates Go from proto.
func Generate(ctx context.Context) error { return generate(ctx) }

// Test runs the unit tests with the race detector.
func Test(ctx context.Context) { mg.CtxDeps(ctx, raceTests) }

// E2E runs the scenarios of e2e, which start whole stacks: as processes, with the race detector, and in containers where a
// Docker engine answers. STACK=sandbox or STACK=compose runs one of them.
//
// STACK=aws runs them on a stack that is deployed, as docs/deploy.md tells: what sets Deploy says which, and the account, region
// and stack are shown first. It makes customers and topics of its own, which it removes, and stops tasks of the gateway one by one.
func E2E(ctx context.Context) { mg.CtxDeps(ctx, scenarios) }

// Chaos runs the fault bench: real processes that are killed, cut off and stopped, and a check that nothing was lost,
// repeated, out of order or missing in silence. CHAOS_SEED, CHAOS_RECORDS, CHAOS_FAULTS, CHAOS_OUT and others set it.
func Chaos(ctx context.Context) error { return runIn(ctx, "e2e", "go", "run", "./chaos") }

// Drill moves a thousand streams off a gateway that stops, puts a subscriber to sleep for ten minutes while others read,
// kills a gateway under 5,000 clients, and stops the token issuer for ten minutes. DRILL_STREAMS, DRILL_SLEEP,
// DRILL_CLIENTS, DRILL_ISSUER_DOWN and others set it.
func Drill(ctx context.Context) error { return runIn(ctx, "e2e", "go", "run", "./drill") }

// Bench measures a gateway against the least that grpc-go can do, and against the plain way, in one run. BENCH_ONLY,
// BENCH_ROUNDS, BENCH_WINDOW, BENCH_SUBSCRIBERS, BENCH_OUT and others set it.
func Bench(ctx context.Context) error { return runIn(ctx, "e2e", "go", "run", "./bench") }

// Parity compares variables, defaults, ports, commands, health checks, limits, code and AWS actions of programs, templates,
// compose.yaml and the local stack, and prints them side by side.
func Parity(ctx context.Context) error { return parity(ctx) }

// Check is everything that has to be right: build, vet, lint, race tests, generated code, the contract, go.mod, dead code,
// parity.
func Check(ctx context.Context) error { return check(ctx) }

// withConsole runs f for the deployment that the environment describes.
func withConsole(ctx context.Context, f func(context.Context, *console.Console) error) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	c, err := console.Open(ctx, console.Options{
		Root: ".", Environ: os.Environ(), Templates: templates.All, Nested: templates.Nested, Out: os.Stdout, Err: os.Stderr,
		Terminal: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("CI") == "",
	})
	if err != nil {
		return err
	}
	return f(ctx, c)
}
