package main

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// containers is a compose.yaml in which all is well.
const containers = `
services:
  aws:
    image: ${AWS_IMAGE:-localstack/localstack:4.14.0}
    ports: ["127.0.0.1:${SPILLWAY_PORT_AWS:-4566}:4566"]
  redis:
    image: valkey/valkey:8.0.1
    ports: ["127.0.0.1:${SPILLWAY_PORT_REDIS:-16379}:6379"]
  mockcognito:
    image: spillway/mockcognito:${SPILLWAY_TAG:-local}
    environment:
      SPILLWAY_MOCKCOGNITO_LISTEN: 0.0.0.0:9229
      SPILLWAY_MOCKCOGNITO_CONFIG: /spillway/pools.yaml
      SPILLWAY_MOCKCOGNITO_STATE: /spillway/cognito.json
    ports: ["127.0.0.1:${SPILLWAY_PORT_COGNITO:-9229}:9229"]
  gateway:
    image: spillway/gateway:${SPILLWAY_TAG:-local}
    environment:
      SPILLWAY_REDIS_URL: redis://redis:6379
      SPILLWAY_ISSUER: https://issuer.example
      SPILLWAY_JWKS_URL: http://mockcognito:9229/jwks.json
      SPILLWAY_JWKS_INSECURE: "true"
      SPILLWAY_LISTEN: 0.0.0.0:8443
      SPILLWAY_ADMIN_LISTEN: 0.0.0.0:8081
      SPILLWAY_PROXY_PROTOCOL: "true"
      SPILLWAY_CURSOR_KEY: ${SPILLWAY_CURSOR_KEY:-c3BpbGx3YXk=}
      SPILLWAY_POLICY_FILE: /spillway/policy.yaml
      SPILLWAY_TLS_CERT_FILE: /spillway/gateway.pem
      SPILLWAY_TLS_KEY_FILE: /spillway/gateway.key
      SPILLWAY_LOG_LEVEL: ${LOG_LEVEL:-info}
      SPILLWAY_REFLECTION: "true"
      SPILLWAY_DRAIN_WINDOW: 1s
      GOMEMLIMIT: 400MiB
    stop_grace_period: 10s
  balancer:
    image: spillway/balancer:local
    environment:
      SPILLWAY_BALANCER_LISTEN: 0.0.0.0:8443
      SPILLWAY_BALANCER_ADMIN_LISTEN: 0.0.0.0:8081
    ports: ["127.0.0.1:${SPILLWAY_PORT_GATEWAY:-8443}:8443", "127.0.0.1:${SPILLWAY_PORT_ADMIN:-8081}:8081"]
`

type comparison = func(context.Context, house) ([]*table, error)

func mistakesOf(t *testing.T, h house, comparisons ...comparison) []string {
	t.Helper()
	var out []string
	for _, c := range comparisons {
		tables, err := c(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range tables {
			out = append(out, made.mistakes()...)
		}
	}
	return out
}

// shared has what the sources of programs are loaded to, which no test changes.
var shared = new(loader)

// written is the checkout with compose.yaml as it is above.
func written() house {
	return house{root: "../..", loader: shared, strict: true, changed: map[string]string{composeName: containers}}
}

// TestNothingDiffers but for what is built, which takes long and is compared by mage parity.
func TestNothingDiffers(t *testing.T) {
	t.Parallel()
	for _, m := range mistakesOf(t, written(), variables, commands, ports, health, limits, actions) {
		t.Error(m)
	}
}

// TestDifferencesAreTold: whatever is changed in one place is told.
func TestDifferencesAreTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, old, now string
		compare              comparison
		says                 string
	}{
		{"a default of the program", "cmd/gateway/settings.go", `SPILLWAY_LANES" envDefault:"16"`, `SPILLWAY_LANES" envDefault:"32"`, variables, "SPILLWAY_LANES: DIFFERS: task: 16 in place of 32"},
		{"a default of a parameter", "deploy/gateway.yaml", "    Default: 30s\n", "    Default: 40s\n", variables, "SPILLWAY_HEARTBEAT: DIFFERS: task: 40s in place of 30s"},
		{"a parameter that mage up gives in vain", "deploy/gateway.yaml", "Value: !Ref Reflection", "Value: 'false'", variables, "SPILLWAY_REFLECTION: DIFFERS: mage up: is the default, and was not to be (to try things out)"},
		{"a value in the function", "deploy/data.yaml", "SPILLWAY_LANES: !Ref Lanes", "SPILLWAY_LANES: '7'", variables, "mage up: 7 in place of 16"},
		{"a name in the task", "deploy/gateway.yaml", "Name: SPILLWAY_LINGER", "Name: SPILLWAY_LINGERS", variables, "SPILLWAY_LINGERS: DIFFERS: task: the program does not know it"},
		{"a name that is gone", "deploy/gateway.yaml", "Name: SPILLWAY_LINGER", "Name: LINGER", variables, "SPILLWAY_LINGER: DIFFERS: task: is not given"},
		{"a secret that is gone", "deploy/gateway.yaml", "Name: SPILLWAY_CURSOR_KEY", "Name: CURSOR_KEY", variables, "SPILLWAY_CURSOR_KEY: DIFFERS: task: is not given (a secret that the template makes)"},
		{"a file in a task", "deploy/gateway.yaml", "Name: SPILLWAY_LINGER", "Name: SPILLWAY_POLICY_FILE", variables, "SPILLWAY_POLICY_FILE: DIFFERS: task: is given, and was not to be"},
		{"a default of the function", "deploy/data.yaml", "    Default: 1GiB\n", "    Default: 2GiB\n", variables, "SPILLWAY_BUDGET: DIFFERS: function: 2GiB in place of 1GiB"},
		{"a name in the function", "deploy/data.yaml", "SPILLWAY_ROUTE: !Ref", "SPILLWAY_ROUTES: !Ref", variables, "SPILLWAY_ROUTES: DIFFERS: function: the program does not know it"},
		{"a value in compose", composeName, "      GOMEMLIMIT", "      SPILLWAY_LANES: 8\n      GOMEMLIMIT", variables, "SPILLWAY_LANES: DIFFERS: compose: 8 in place of 16"},
		{"a name in compose", composeName, "SPILLWAY_REFLECTION", "SPILLWAY_REFLECT", variables, "SPILLWAY_REFLECT: DIFFERS: compose: the program does not know it"},
		{"a reason that explains nothing", composeName, `SPILLWAY_PROXY_PROTOCOL: "true"`, `SPILLWAY_PROXY_PROTOCOL: "false"`, variables, "compose: is the default, and was not to be"},
		{"a variable that the program has not any more", "cmd/gateway/settings.go", "SPILLWAY_METRICS_SERVICE", "SPILLWAY_METRICS_NAME", variables, "SPILLWAY_METRICS_SERVICE: DIFFERS: task: the program does not know it"},
		{"mockcognito in compose", composeName, "SPILLWAY_MOCKCOGNITO_STATE", "SPILLWAY_MOCKCOGNITO_STATES", variables, "SPILLWAY_MOCKCOGNITO_STATES: DIFFERS: compose: the program does not know it"},
		{"a command in the task", "deploy/gateway.yaml", "          StopTimeout: 120", "          Command: [-v]\n          StopTimeout: 120", commands, "gateway: DIFFERS: it is to have none"},
		{"a command in compose", composeName, "    stop_grace_period", "    command: [serve]\n    stop_grace_period", commands, "gateway: DIFFERS: it is to have none"},
		{"another image in compose", composeName, "spillway/gateway:", "other/gateway:", commands, "gateway: DIFFERS: compose runs another image"},
		{"another handler", "deploy/data.yaml", "Handler: bootstrap", "Handler: main", commands, "consumer: DIFFERS: bootstrap and main"},
		{"another runtime", "deploy/data.yaml", "Runtime: provided.al2023", "Runtime: provided.al2", commands, "consumer: DIFFERS: the program is a bootstrap"},
		{"a port of the container", "deploy/gateway.yaml", "- ContainerPort: 8443", "- ContainerPort: 8444", ports, "gRPC: DIFFERS: 8443 and 8444"},
		{"a port of a group", "deploy/network.yaml", "      FromPort: 8443\n      ToPort", "      FromPort: 8000\n      ToPort", ports, "gRPC: DIFFERS: 8443 and 8000"},
		{"a resource that is called otherwise", "deploy/network.yaml", "GatewayFromLoadBalancer:", "GatewayIn:", ports, "gRPC: DIFFERS: 8443 and missing"},
		{"a port of health checks", "deploy/gateway.yaml", `traffic-port, "8081"`, `traffic-port, "8082"`, ports, "operators': DIFFERS: 8081 and 8082"},
		{"a port in compose", composeName, "SPILLWAY_LISTEN: 0.0.0.0:8443", "SPILLWAY_LISTEN: 0.0.0.0:8444", ports, "gRPC: DIFFERS: 8443 and 8444"},
		{"a published port", composeName, "SPILLWAY_PORT_COGNITO:-9229", "SPILLWAY_PORT_COGNITO:-9228", ports, "tokens: DIFFERS: 9229 and 9228"},
		{"Redis is not published", composeName, ":6379\"", ":6380\"", ports, "Redis, published: DIFFERS: missing and 16379"},
		{"a path of health checks", "deploy/gateway.yaml", "/healthz]", "/readyz]", health, "DIFFERS: it is to be /healthz"},
		{"a path that nobody serves", "pkg/gateway/admin.go", "GET /readyz", "GET /ready", health, "local stack: DIFFERS: the gateway does not serve it"},
		{"a shell in an image", composeName, "    stop_grace_period", "    healthcheck: {test: [CMD-SHELL, curl localhost]}\n    stop_grace_period", health, "compose: DIFFERS: an image without a shell"},
		{"a bound of a parameter", "deploy/data.yaml", "    MaxValue: 256\n", "    MaxValue: 512\n", limits, "Lanes: DIFFERS: the program does not take all of it"},
		{"no bound", "deploy/data.yaml", "    MaxValue: 256\n", "", limits, "Lanes: DIFFERS: has no bounds"},
		{"a longer drain", "deploy/gateway.yaml", "([1-9]?[0-9]|100)s", "([1-9]?[0-9]|1[0-9][0-9])s", limits, "DrainWindow: DIFFERS: it is to take 1m40s and no more"},
		{"a shorter end", "deploy/gateway.yaml", "StopTimeout: 120", "StopTimeout: 100", limits, "time to stop: DIFFERS: too little"},
		{"a shorter end in compose", composeName, "stop_grace_period: 10s", "stop_grace_period: 5s", limits, "time to stop: DIFFERS: too little"},
		{"fewer files", "deploy/gateway.yaml", "SoftLimit: 65535", "SoftLimit: 1024", limits, "file descriptors: DIFFERS: too few"},
		{"an action that is missing", "deploy/data.yaml", "                  - kinesis:ListShards\n", "", actions, "ConsumerRole: DIFFERS: not allowed in scenario 0"},
		{"an action that nobody needs", "deploy/data.yaml", "Action: s3:ListBucket", "Action: [s3:ListBucket, s3:GetObject]", actions, "ConsumerRole: DIFFERS: nobody needs it in scenario 0"},
		{"an action on something else", "deploy/gateway.yaml", "Resource: !GetAtt GatewayLogGroup.Arn", "Resource: !GetAtt Cluster.Arn", actions, "ExecutionRole: DIFFERS: not allowed in scenario 0"},
		{"a role that nobody has", "deploy/gateway.yaml", "      ExecutionRoleArn: !GetAtt ExecutionRole.Arn\n", "", actions, "ExecutionRole: DIFFERS: nobody needs it in scenario 0"},
		{"the help of a command", "cmd/spillway/admin_replay.go", "GetShardIterator", "DescribeStream", actions, "admin replay: DIFFERS: its help does not name it"},
		{"too much help", "cmd/spillway/admin_replay.go", "GetShardIterator", "GetShardIterator, PutRecords", actions, "admin replay: DIFFERS: its help names it, and it is not called"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := written()
			text, err := h.read(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, tt.old) {
				t.Fatalf("%s has no %q", tt.file, tt.old)
			}
			h.changed = maps.Clone(h.changed)
			h.changed[tt.file] = strings.ReplaceAll(text, tt.old, tt.now)
			got := strings.Join(mistakesOf(t, h, tt.compare), "\n")
			if !strings.Contains(got, tt.says) {
				t.Errorf("it says\n%s\nwant %s", got, tt.says)
			}
		})
	}
}

// TestWithoutCompose: it is told, and fails where nothing may be missing.
func TestWithoutCompose(t *testing.T) {
	t.Parallel()
	h := house{root: t.TempDir()}
	made := &table{}
	h.missingCompose(made)
	if got := strings.Join(made.notes, ""); got != "compose.yaml is missing: it is not compared" || made.mistakes() != nil {
		t.Errorf("told %q, %v", got, made.mistakes())
	}
	h.strict = true
	if h.missingCompose(made); len(made.mistakes()) != 1 {
		t.Errorf("with CI=true: %v", made.mistakes())
	}
	repository := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", repository, "-c", "user.name=x", "-c", "user.email=x"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	git("commit", "-q", "--allow-empty", "-m", "x")
	if onMain(t.Context(), repository, composeName) {
		t.Error("an empty branch has it")
	}
	if err := os.WriteFile(filepath.Join(repository, composeName), []byte(containers), 0o600); err != nil {
		t.Fatal(err)
	}
	git("add", composeName)
	git("commit", "-q", "-m", "x")
	if !onMain(t.Context(), repository, composeName) {
		t.Error("the branch has it, and that is not seen")
	}
	if c, err := h.compose(); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
}

// TestCalls: what packages call is seen by a client, by an interface of their own, and by a paginator.
func TestCalls(t *testing.T) {
	t.Parallel()
	h := house{root: "../..", loader: shared}
	got, err := h.calls(t.Context(), module+"/pkg/deploy")
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"cloudformation:CreateChangeSet", "s3:GetObject", "s3:PutObject", "sts:GetCallerIdentity"} {
		if got[action] != "pkg/deploy" {
			t.Errorf("%s is not seen in %v", action, sorted(got))
		}
	}
	for _, program := range []string{"./cmd/consumer", "./cmd/gateway"} {
		paths, err := h.ours(t.Context(), program)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(paths, module+"/pkg/eventlog") {
			t.Errorf("%s is made of %v", program, paths)
		}
		if got, err := h.calls(t.Context(), paths...); err != nil || len(got) != 0 {
			t.Errorf("%s calls %v, %v", program, got, err)
		}
	}
}

// TestSettle: what code calls is needed on what it is allowed on.
func TestSettle(t *testing.T) {
	t.Parallel()
	needed := granted{{"sqs:SendMessage", anything}: "cmd", {"sns:Publish", anything}: "cmd", {"s3:PutObject", "bucket"}: "Lambda"}
	needed.settle(granted{{"sqs:SendMessage", "queue"}: "", {"sqs:ReceiveMessage", "queue"}: ""})
	want := granted{{"sqs:SendMessage", "queue"}: "cmd", {"sns:Publish", anything}: "cmd", {"s3:PutObject", "bucket"}: "Lambda"}
	if diff := cmp.Diff(want, needed, cmp.AllowUnexported(permission{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPlansThatDiffer are told.
func TestPlansThatDiffer(t *testing.T) {
	t.Parallel()
	made := &table{title: "x"}
	made.equal("the zip file", "code/1.zip", "code/2.zip")
	made.equal("the image", "sha256:1", must(""))
	want := []string{"x: the zip file: DIFFERS: code/1.zip and code/2.zip", "x: the image: DIFFERS: sha256:1 and missing"}
	if diff := cmp.Diff(want, made.mistakes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
