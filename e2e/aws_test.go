//go:build aws

package e2e

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy/console"
)

const (
	// wholeLife is how long a token is waited for to expire: that of a customer of these tests is good for five minutes.
	wholeLife = 7 * time.Minute
	// interruptedTimeout bounds what is removed after a signal: mage gives a target that is interrupted 5 s in all.
	interruptedTimeout = 2500 * time.Millisecond
)

// TestAWS runs the scenarios on the stack that the settings of the deployer name, in the account of the ordinary AWS
// configuration. go tool mage e2e runs it with STACK=aws, and nothing else does.
func TestAWS(t *testing.T) {
	if os.Getenv("STACK") != "aws" {
		t.Fatal("these tests use a stack that is deployed and perhaps somebody else's, so they want to be asked for by STACK=aws")
	}
	c, err := console.Open(t.Context(), console.Options{
		Root: "..", Environ: os.Environ(), Templates: templates.All, Nested: templates.Nested, Out: os.Stdout, Err: os.Stdout,
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Deployment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "spillway"), "./cmd/spillway")
	build.Dir = ".."
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build spillway: %v\n%s", err, text)
	}
	s := useDeployed(t, d, deployedOptions{bin: bin, tokenWait: wholeLife, insideCA: os.Getenv("SSL_CERT_FILE")})
	withdrawOnSignal(t, s)
	runScenarios(t, "aws, "+d.Stack, s)
}

// withdrawOnSignal removes the run's customers when the tests are told to end, because nothing else would then.
func withdrawOnSignal(t *testing.T, s *deployedStack) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		timed, cancel := context.WithTimeout(context.Background(), interruptedTimeout)
		defer cancel()
		if err := s.withdraw(timed); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
		}
		os.Stderr.WriteString("interrupted; the customer " + s.Own(newcomer) + " may be left: spillway admin customer remove\n")
		os.Exit(1)
	}()
	t.Cleanup(func() {
		close(over)
		<-ended
		stop()
	})
}
