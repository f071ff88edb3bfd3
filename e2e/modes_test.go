package e2e

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/deploy/evaluate"
	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/stack"
)

// mode is a way to deploy all-steps.yaml. What it does not name is as it is by default.
type mode struct {
	name       string
	parameters map[string]string
	redis      string // what REDURL begins with
}

// modes have every value of every choice that the template offers in one of them, together with the defaults, in which a local stack
// comes up.
func modes() []mode {
	return []mode{
		{"serverless, TLS and certificates of customers in the gateway", map[string]string{
			"RedisMode": "serverless", "TlsAt": "gateway", "TlsClientCertificates": "true", "Egress": "nat-single", "Scheme": "internet-facing",
			"StreamMode": "PROVISIONED", "ProxyProtocol": "false", "ContainerInsights": "enabled", "Reflection": "true",
		}, "rediss://127."},
		{"Redis in a task, TLS in the gateway, public addresses", map[string]string{
			"RedisMode": "fargate", "TlsAt": "gateway", "Egress": "public-ip", "InterfaceEndpoints": "true", "ContainerInsights": "enhanced",
		}, "redis://redis.spillway-"},
	}
}

// TestModes deploys all-steps.yaml in each of its modes, one beside the other in one local cloud, and wants a customer of each to be
// sent what is put into its stream, over TLS from end to end.
func TestModes(t *testing.T) {
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin}); err != nil {
		t.Fatal(err)
	}
	s := startSandbox(t, bin, stack.TemplateAllSteps, "server")
	t.Run("as it comes up", func(t *testing.T) {
		if !strings.HasPrefix(s.end.Redis, "rediss://127.") {
			t.Errorf("Redis is at %s", s.end.Redis)
		}
		wantDelivery(t, s, s.Client(t, Institute))
	})
	spec := image.Gateway(filepath.Join(bin, "gateway"))
	spec.Dynamic = true // tasks are processes that see this machine's libraries
	made, err := image.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	keys := newKeys(t)
	t.Run("beside it", func(t *testing.T) {
		for i, m := range modes() {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				d := deployedMode{sandboxStack: s, name: fmt.Sprintf("mode-%d", i)}
				d.deploy(t, m, keys, deploy.Options{Bootstrap: filepath.Join(bin, "bootstrap"), Image: made})
				if !strings.HasPrefix(d.out["REDURL"], m.redis) {
					t.Errorf("REDURL is %s, want %s", d.out["REDURL"], m.redis)
				}
				cfg := d.customer(t)
				cfg.CAFile = keys.gateway.CA // which the load balancer's certificate is not of
				if m.parameters["TlsClientCertificates"] == "true" {
					if err := letIn(cfg.Endpoint, trust(t, cfg)); err == nil || !strings.Contains(err.Error(), "certificate required") {
						t.Errorf("a customer without a certificate: %v", err)
					}
					cfg.CertFile, cfg.KeyFile = keys.cert, keys.key
				}
				t.Run("delivers", func(t *testing.T) { wantDelivery(t, d, cfg) })
				if m.parameters["RedisMode"] == "fargate" {
					redisReplaced(t, d, cfg)
				}
			})
		}
	})
}

// TestModesAreWhole wants every value of every choice of the template to be in a mode, or by default.
func TestModesAreWhole(t *testing.T) {
	root, err := evaluate.Parse(templates.AllSteps)
	if err != nil {
		t.Fatal(err)
	}
	// Sizes and levels are no modes. The architecture is that of the programs, which is this machine's.
	const none = "TaskCpu TaskMemory LogRetentionDays LogLevel Architecture"
	for name, p := range root.Parameters {
		parameter, _ := p.(map[string]any)
		values, _ := parameter["AllowedValues"].([]any)
		if len(values) == 0 || slices.Contains(strings.Fields(none), name) {
			continue
		}
		tried := map[string]bool{fmt.Sprint(parameter["Default"]): true}
		for _, m := range modes() {
			tried[m.parameters[name]] = true
		}
		for _, v := range values {
			if !tried[fmt.Sprint(v)] {
				t.Errorf("%s=%v is in no mode", name, v)
			}
		}
	}
}

// deployedMode is a stack in a local cloud beside the one that it came up with.
type deployedMode struct {
	*sandboxStack
	name string
	out  map[string]string // outputs
}

// deploy deploys it with a certificate in a secret, where the gateway looks for it.
func (d *deployedMode) deploy(t *testing.T, m mode, keys keys, o deploy.Options) {
	t.Helper()
	addr, err := new(loopback.Ports).Address(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(addr, ":")
	o.StackName, o.TemplateBody, o.Nested = d.name, templates.AllSteps, templates.Nested
	o.Parameters = map[string]string{
		"CertificateArn": keys.secret(t, d.AWS(), d.name+"-tls"), "ListenPort": port, "DrainWindow": "1s", "MinTasks": "1",
		"Route": "weather.us.{state}", "Customers": Institute, "Grants": Institute + "=weather.us.>", "Patterns": "weather.us.>",
	}
	maps.Copy(o.Parameters, m.parameters)
	started := time.Now()
	if d.out, err = deploy.Stack(t.Context(), d.AWS(), o); err != nil {
		t.Fatal(err)
	}
	t.Logf("deployed in %.1f s", time.Since(started).Seconds())
}

// StreamName implements Stack.
func (d deployedMode) StreamName() string { return d.out["KinesisStreamName"] }

// customer is a client's configuration with the credentials that the template has made. The pool's domain is a path here.
func (d deployedMode) customer(t *testing.T) client.Config {
	t.Helper()
	cognito, pool := cognitoidentityprovider.NewFromConfig(d.AWS()), aws.String(d.out["UserPoolId"])
	all, err := cognito.ListUserPoolClients(t.Context(), &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: pool})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.UserPoolClients {
		if *c.ClientName != Institute {
			continue
		}
		one, err := cognito.DescribeUserPoolClient(t.Context(), &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: c.ClientId})
		if err != nil {
			t.Fatal(err)
		}
		domain, _, _ := strings.Cut(strings.TrimPrefix(d.out["DomainEndpoint"], "https://"), ".")
		tokens := strings.TrimSuffix(d.end.TokenURL, "/oauth2/token") + "/" + domain + "/oauth2/token"
		return client.Config{
			Endpoint:    d.out["ELBURL"],
			Credentials: client.Credentials{ClientID: *c.ClientId, ClientSecret: *one.UserPoolClient.ClientSecret, TokenURL: tokens},
		}
	}
	t.Fatalf("no client %s among %d", Institute, len(all.UserPoolClients))
	return client.Config{}
}

// wantDelivery wants a customer to be sent a record that is put once the customer has subscribed, and again from the log.
func wantDelivery(t *testing.T, s Stack, cfg client.Config) {
	t.Helper()
	live := subscribeWith(t, s, cfg, client.Subscription{})
	data := report(s, "ny", 1)
	put(t, s, "KNYC", data)
	for _, sub := range []*subscriber{live, subscribeWith(t, s, cfg, client.Subscription{Start: client.Earliest()})} {
		if ev := sub.take(t, 1)[0]; ev.Topic != weather(s, "ny") || string(ev.Data) != string(data) {
			t.Errorf("got %s %s, want %s", ev.Topic, ev.Data, data)
		}
	}
}

// redisReplaced kills the Redis that is a task. A subscriber is told that events may be missing, and what comes then arrives: programs that
// run find the new task by the name of the old one.
func redisReplaced(t *testing.T, d deployedMode, cfg client.Config) {
	t.Helper()
	lost := subscribeWith(t, d, cfg, client.Subscription{})
	for _, task := range d.health(t).Tasks {
		if task.Name == "redis" {
			if err := syscall.Kill(task.Pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	data := report(d, "ny", 2)
	put(t, d, "KNYC", data)
	var gap *client.Gap
	if err := lost.end(t); !errors.As(err, &gap) || gap.Reason != client.GapLogReset {
		t.Errorf("after a loss of the log a subscriber is told %v", err)
	}
	if ev := subscribeWith(t, d, cfg, client.Subscription{Start: client.Earliest()}).take(t, 1)[0]; string(ev.Data) != string(data) {
		t.Errorf("got %s, want %s", ev.Data, data)
	}
}
