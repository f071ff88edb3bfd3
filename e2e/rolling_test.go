package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/deploy/console"
	"github.com/spillway/spillway/pkg/stack"
)

const (
	// rollingSubscribers is how many streams are there while gateways come and go.
	rollingSubscribers = 100
	// rollingRate is how many records are put per second meanwhile.
	rollingRate = 50
	// drained is what a gateway says that stops.
	drained = "this gateway is stopping"
)

// TestRollingUpdate deploys to a local stack under load, as an operator does: a changed
// parameter replaces every gateway, and a broken image none. A hundred subscribers get
// every event once and in order, and are refused by nobody.
func TestRollingUpdate(t *testing.T) {
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin}); err != nil {
		t.Fatal(err)
	}
	s := startSandbox(t, bin, stack.TemplateAllSteps, "auto")
	c := newCrowd(t, s)
	stopFeed := c.feed(t, s)

	before := s.gateways(t)
	if err := deployWith(t, s, "SPILLWAY_PARAMETER_Linger=7ms"); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return len(s.gateways(t)) == len(before) }, "the new gateways are not as many as the old ones were")
	for _, pid := range s.gateways(t) {
		for _, old := range before {
			if pid == old {
				t.Errorf("the gateway %d is still there", pid)
			}
		}
	}
	moved := c.disconnected()
	t.Logf("the update moved %d streams", len(moved))
	if len(moved) < rollingSubscribers {
		t.Errorf("%d streams were moved, want every one of %d at least once", len(moved), rollingSubscribers)
	}
	for _, err := range moved {
		if !strings.Contains(err.Error(), drained) {
			t.Errorf("a stream was disconnected other than by a gateway that drains: %v", err)
		}
	}

	before = s.gateways(t)
	err := deployWith(t, s, "SPILLWAY_PARAMETER_Linger=7ms", "SPILLWAY_DEPLOY_BINARIES="+brokenGateway(t, bin))
	if err == nil || !strings.Contains(err.Error(), "ECS Deployment Circuit Breaker was triggered") {
		t.Errorf("a broken image: %v, want what the circuit breaker says", err)
	}
	if after := s.gateways(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("gateways %v before the broken image, %v after it", before, after)
	}
	if noticed := c.disconnected(); len(noticed) > 0 {
		t.Errorf("%d subscribers noticed the broken image; one was told %v", len(noticed), noticed[0])
	}
	c.check(t, stopFeed())
}

// deployWith is mage deploy with the settings of the local stack and further ones.
func deployWith(t *testing.T, s *sandboxStack, settings ...string) error {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", s.end.AWS)
	environ := append(os.Environ(), "SPILLWAY_DEPLOY_FILE="+filepath.Join(s.dir, "deploy.yaml"))
	start := time.Now()
	c, err := console.Open(t.Context(), console.Options{
		Root: "..", Environ: append(environ, settings...), Templates: templates.All, Nested: templates.Nested, Out: t.Output(), Err: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Deploy(t.Context(), false)
	t.Logf("deployed in %s", time.Since(start))
	return err
}

// brokenGateway is a directory of programs in which the gateway is another program, which
// ends at once.
func brokenGateway(t *testing.T, bin string) string {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, runtime.GOARCH)
	consumer := filepath.Join(bin, "bootstrap")
	err := os.Mkdir(in, 0o755)
	for _, name := range []string{"gateway", "bootstrap"} {
		err = errors.Join(err, os.Symlink(consumer, filepath.Join(in, name)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// crowd are many subscribers to one topic.
type crowd struct {
	subs []*subscriber

	mu   sync.Mutex
	errs []error // of disconnections
}

func newCrowd(t *testing.T, s Stack) *crowd {
	t.Helper()
	c := &crowd{}
	for range rollingSubscribers {
		c.subs = append(c.subs, subscribe(t, s, Institute, client.Subscription{
			Patterns: []string{weather(s, "wy")},
			OnDisconnect: func(d client.Disconnect) {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.errs = append(c.errs, d.Err)
			},
		}))
	}
	return c
}

// disconnected returns why subscribers were disconnected since it was called last.
func (c *crowd) disconnected() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	errs := c.errs
	c.errs = nil
	return errs
}

// feed puts numbered records until the returned function ends it, which tells how many.
func (c *crowd) feed(t *testing.T, s Stack) func() int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	put := make(chan int, 1)
	go func() {
		tick := time.NewTicker(time.Second / rollingRate)
		defer tick.Stop()
		records := kinesis.NewFromConfig(s.AWS())
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				put <- n
				return
			case <-tick.C:
			}
			out, err := records.PutRecords(context.WithoutCancel(ctx), &kinesis.PutRecordsInput{
				StreamName: aws.String(s.StreamName()), Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("KCYS"), Data: report(s, "wy", n)}},
			})
			if err != nil || aws.ToInt32(out.FailedRecordCount) > 0 {
				t.Errorf("record %d: %v", n, err)
			}
		}
	}()
	return func() int {
		cancel()
		return <-put
	}
}

// check wants every subscriber to have had n events, in their order.
func (c *crowd) check(t *testing.T, n int) {
	t.Helper()
	for i, sub := range c.subs {
		for want, ev := range sub.take(t, n) {
			var got struct{ Number int }
			if err := json.Unmarshal(ev.Data, &got); err != nil || got.Number != want {
				t.Fatalf("subscriber %d: event %d is %s", i, want, ev.Data)
			}
		}
		sub.nothing(t)
	}
	t.Logf("%d subscribers had %d events each", len(c.subs), n)
}
