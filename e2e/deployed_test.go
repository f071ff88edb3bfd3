package e2e

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"go.yaml.in/yaml/v4"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/customers"
	"github.com/spillway/spillway/pkg/deploy/console"
)

const (
	// scenarioRoute is the one that the scenarios' records are made for.
	scenarioRoute = "weather.us.{state}"
	// clockLeeway is by how much a gateway lets a token be older than it is good for.
	clockLeeway = 30 * time.Second
	// cloudPromptly is more than on one machine: Lambda asks a shard for records once a second.
	cloudPromptly = 3 * time.Second
	// replacementTimeout bounds how long ECS takes to stop a task, two minutes of draining in it, and to start another.
	replacementTimeout = 10 * time.Minute
	// removalTimeout bounds how long the customers of a run take to be removed.
	removalTimeout = 2 * time.Minute
	// redisPatience is how long a Redis is tried that is perhaps out of reach.
	redisPatience = 5 * time.Second
)

// deployedStack is a stack of all-steps.yaml that somebody has deployed, known by its outputs and reached by AWS's APIs alone.
// Others may use it: the scenarios have customers and topics of their own there, and do nothing that others would feel
// but that tasks of the gateway stop, in order and one at a time.
type deployedStack struct {
	console.Deployment
	parameters map[string]string // of the stack
	dir, bin   string
	run        string // what names of this run end with
	directory  *customers.Directory
	added      map[string]customers.Added
	oldToken   string // of NewYork, got at the beginning
	oldAt      time.Time
	tokenWait  time.Duration // how long a token may be waited for to expire
	insideCA   string        // PEM file of the authority of Redis; empty is the system's
	redis      string        // why it cannot be reached
}

var _ Stack = (*deployedStack)(nil)

// deployedOptions say how to use a stack that is deployed.
type deployedOptions struct {
	bin       string // directory of the program spillway
	tokenWait time.Duration
	insideCA  string
}

// useDeployed gets a deployed stack ready for a run. The end of the test removes what that makes there.
func useDeployed(t *testing.T, d console.Deployment, o deployedOptions) *deployedStack {
	t.Helper()
	s := &deployedStack{
		Deployment: d, dir: t.TempDir(), bin: o.bin, run: "-e2e" + strings.ToLower(rand()[:8]), tokenWait: o.tokenWait, insideCA: o.insideCA,
		added: map[string]customers.Added{},
	}
	s.readParameters(t)
	t.Setenv("AWS_REGION", d.Config.Region) // for the programs
	s.openDirectory(t)
	t.Logf("what this run makes on stack %s ends with %s", d.Stack, s.run)
	t.Cleanup(func() { s.removeCustomers(t) })
	s.addCustomers(t)
	s.keepToken(t)
	if err := s.reachRedis(t.Context()); err != nil {
		s.redis = fmt.Sprintf("its Redis is out of reach from here: %v", err)
	}
	return s
}

// openDirectory finds the customers of the stack's user pool; who calls is who spillway admin customer would call as.
func (s *deployedStack) openDirectory(t *testing.T) {
	t.Helper()
	e := customers.Endpoint{Region: s.Config.Region, URL: aws.ToString(s.Config.BaseEndpoint)}
	u, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	e.Dummy = client.IsLoopback(u.Hostname()) && os.Getenv("AWS_ACCESS_KEY_ID") == ""
	cognito, err := customers.Connect(t.Context(), e)
	if err == nil {
		s.directory, err = customers.New(cognito, customers.Config{PoolID: s.Outputs["UserPoolId"], TokenValidity: customers.MinTokenValidity})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readParameters finds out what the stack is deployed with, and whether the scenarios are made for that.
func (s *deployedStack) readParameters(t *testing.T) {
	t.Helper()
	out, err := cloudformation.NewFromConfig(s.Config).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &s.Stack})
	if err != nil {
		t.Fatal(err)
	}
	s.parameters = map[string]string{}
	for _, p := range out.Stacks[0].Parameters {
		s.parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	if route := s.parameters["Route"]; route != scenarioRoute {
		t.Fatalf("stack %s makes topics by the route %q: the scenarios need a stack with the parameter Route=%s", s.Stack, route, scenarioRoute)
	}
	for _, name := range []string{"UserPoolId", "KinesisStreamName", "FunctionName", "FailureBucket", "ClusterName", "ServiceName", "REDURL"} {
		if s.Outputs[name] == "" {
			t.Errorf("stack %s has no output %s: the scenarios need one of all-steps.yaml", s.Stack, name)
		}
	}
	if s.Endpoint == "" || s.TokenURL == "" {
		t.Errorf("stack %s tells neither where its gateway is nor where tokens are got", s.Stack)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// addCustomers makes the customers as an operator does, and a file for each that the program reads.
func (s *deployedStack) addCustomers(t *testing.T) {
	t.Helper()
	for name, patterns := range map[string][]string{
		Institute: {"weather.us.>"}, NewYork: {weather(s, "ny")}, TriState: {weather(s, "ny"), weather(s, "nj"), weather(s, "ct")},
		Operator: {"weather.>", "$spillway.>"},
	} {
		added, err := s.directory.Add(t.Context(), s.Own(name), patterns)
		if err != nil {
			t.Fatal(err)
		}
		s.added[name] = added
		text, err := yaml.Dump(map[string]string{
			"clientId": added.ClientID, "clientSecret": added.Secret, "tokenUrl": s.TokenURL, "serviceEndpoint": s.Endpoint, "caFile": s.CAFile,
			"streamName": s.StreamName(), "region": s.Config.Region, "kinesisEndpoint": aws.ToString(s.Config.BaseEndpoint),
			"cognitoEndpoint": aws.ToString(s.Config.BaseEndpoint), "userPoolId": s.Outputs["UserPoolId"],
		})
		if err == nil {
			err = os.WriteFile(s.properties(name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (s *deployedStack) properties(customer string) string {
	return filepath.Join(s.dir, customer+".yaml")
}

// removeCustomers removes the run's customers, the one that a scenario may have left too, and the scopes of them all.
func (s *deployedStack) removeCustomers(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), removalTimeout)
	defer cancel()
	err := s.withdraw(ctx)
	if _, removed := s.directory.Remove(ctx, s.Own(newcomer)); removed != nil { // clears away the scopes of all of them
		err = errors.Join(err, removed)
	}
	if err != nil {
		t.Errorf("customers of this run are left; spillway admin customer list shows those whose names end with %s: %v", s.run, err)
	}
}

// withdraw deletes the clients of the run's customers.
func (s *deployedStack) withdraw(ctx context.Context) error {
	var errs []error
	for _, a := range s.added {
		errs = append(errs, s.directory.Withdraw(ctx, a.Customer))
	}
	return errors.Join(errs...)
}

// keepToken gets the token that is to expire.
func (s *deployedStack) keepToken(t *testing.T) {
	t.Helper()
	s.oldToken = token(t, s, NewYork)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(s.oldToken, ".")[1])
	var claims struct {
		Expiry int64 `json:"exp"`
	}
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil || claims.Expiry == 0 {
		t.Fatalf("the token's payload is %s: %v", payload, err)
	}
	s.oldAt = time.Unix(claims.Expiry, 0).Add(clockLeeway + time.Second)
}

// reachRedis connects to Redis: only who is in the VPC, or joined to it, can.
func (s *deployedStack) reachRedis(ctx context.Context) error {
	u, err := url.Parse(s.Outputs["REDURL"])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	security := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.insideCA != "" {
		if security.RootCAs, err = readAuthority(s.insideCA); err != nil {
			return err
		}
	}
	dialer := &tls.Dialer{Config: security}
	dial := dialer.DialContext
	if u.Scheme == "redis" {
		dial = dialer.NetDialer.DialContext
	}
	conn, err := dial(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Lacks implements Stack.
func (s *deployedStack) Lacks(n Need) string {
	switch n {
	case Policy:
		return "its gateways have no policy file, because no parameter of its templates names one"
	case Certificate:
		return "its certificate is everybody's who connects, and its authority is not ours"
	case FullMemory:
		return "its Redis is everybody's, and full it would stop the events of all"
	case Loss:
		return "its Redis is everybody's, and emptied it would lose the events of all"
	case Log:
		return s.redis
	case OldToken:
		if left := time.Until(s.oldAt); left > s.tokenWait {
			return fmt.Sprintf("no token is shorter-lived than Cognito's %s, and the one of the beginning is good for %s still", customers.MinTokenValidity, left.Round(time.Second))
		}
	}
	return ""
}

// Own implements Stack.
func (s *deployedStack) Own(name string) string { return name + s.run }

// Promptly implements Stack.
func (s *deployedStack) Promptly() time.Duration { return cloudPromptly }

// AWS implements Stack.
func (s *deployedStack) AWS() aws.Config { return s.Config }

// StreamName implements Stack.
func (s *deployedStack) StreamName() string { return s.Outputs["KinesisStreamName"] }

// FailureBucket implements Stack.
func (s *deployedStack) FailureBucket() string { return s.Outputs["FailureBucket"] }

// FunctionName implements Stack.
func (s *deployedStack) FunctionName() string { return s.Outputs["FunctionName"] }

// Client implements Stack.
func (s *deployedStack) Client(t *testing.T, customer string) client.Config {
	t.Helper()
	a, ok := s.added[customer]
	if !ok {
		t.Fatalf("no customer %s", customer)
	}
	return client.Config{Endpoint: s.Endpoint, CAFile: s.CAFile, Credentials: client.Credentials{ClientID: a.ClientID, ClientSecret: a.Secret, TokenURL: s.TokenURL}}
}

// ExpiredToken implements Stack: it is NewYork's, whoever's is asked for, and waited for.
func (s *deployedStack) ExpiredToken(t *testing.T, _ string) string {
	t.Helper()
	select {
	case <-time.After(time.Until(s.oldAt)):
	case <-t.Context().Done():
	}
	return s.oldToken
}

// Command implements Stack.
func (s *deployedStack) Command(t *testing.T, customer string) []string {
	t.Helper()
	return []string{filepath.Join(s.bin, "spillway"), "--config", s.properties(customer)}
}

// OperatorCommand implements Stack.
func (s *deployedStack) OperatorCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.bin, "spillway"), args...)
	cmd.Env = append(append(os.Environ(), s.Outside()...),
		"SPILLWAY_REDIS_URL="+s.Outputs["REDURL"], "SPILLWAY_LOG_NAME="+cmp.Or(s.parameters["LogName"], "spillway"), "SPILLWAY_USER_POOL_ID="+s.Outputs["UserPoolId"])
	return cmd
}

// Outside implements Stack.
func (s *deployedStack) Outside() []string {
	if s.insideCA == "" {
		return nil
	}
	return trustOnly(s.insideCA)
}

// SetPolicy implements Stack.
func (s *deployedStack) SetPolicy(t *testing.T, _ string) { t.Fatal(s.Lacks(Policy)) }

// ReplaceCertificate implements Stack.
func (s *deployedStack) ReplaceCertificate(t *testing.T) { t.Fatal(s.Lacks(Certificate)) }

// FillRedis implements Stack.
func (s *deployedStack) FillRedis(t *testing.T) FullRedis {
	t.Fatal(s.Lacks(FullMemory))
	return nil
}

// LoseRedis implements Stack.
func (s *deployedStack) LoseRedis(t *testing.T) { t.Fatal(s.Lacks(Loss)) }

// KillGateway implements Stack: the task that runs longest is stopped, and has ended and been replaced by another when it
// returns. ECS stops tasks in order only, and the others serve meanwhile; whoever calls it as often as there are tasks has
// moved every stream.
func (s *deployedStack) KillGateway(t *testing.T) {
	t.Helper()
	tasks, cluster, service := ecs.NewFromConfig(s.Config), aws.String(s.Outputs["ClusterName"]), s.Outputs["ServiceName"]
	oldest := oldestTask(t, tasks, *cluster, service)
	t.Logf("stopping task %s, which runs since %s", *oldest.TaskArn, oldest.StartedAt)
	if _, err := tasks.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: cluster, Task: oldest.TaskArn, Reason: aws.String("end-to-end test" + s.run)}); err != nil {
		t.Fatal(err)
	}
	const often, seldom = 100 * time.Millisecond, 5 * time.Second
	err := ecs.NewTasksStoppedWaiter(tasks, func(o *ecs.TasksStoppedWaiterOptions) { o.MinDelay, o.MaxDelay = often, seldom }).
		Wait(t.Context(), &ecs.DescribeTasksInput{Cluster: cluster, Tasks: []string{*oldest.TaskArn}}, replacementTimeout)
	if err == nil {
		err = ecs.NewServicesStableWaiter(tasks, func(o *ecs.ServicesStableWaiterOptions) { o.MinDelay, o.MaxDelay = often, seldom }).
			Wait(t.Context(), &ecs.DescribeServicesInput{Cluster: cluster, Services: []string{service}}, replacementTimeout)
	}
	if err != nil {
		t.Fatalf("the task's end and replacement: %v", err)
	}
}

// oldestTask is the task of a service that runs longest.
func oldestTask(t *testing.T, tasks *ecs.Client, cluster, service string) types.Task {
	t.Helper()
	list, err := tasks.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service, DesiredStatus: types.DesiredStatusRunning})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tasks.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: list.TaskArns})
	if err != nil {
		t.Fatal(err)
	}
	var oldest types.Task
	for _, task := range out.Tasks {
		if task.StartedAt != nil && (oldest.StartedAt == nil || task.StartedAt.Before(*oldest.StartedAt)) {
			oldest = task
		}
	}
	if oldest.StartedAt == nil {
		t.Fatalf("no task of service %s runs", service)
	}
	return oldest
}
