//go:build compose

package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/compose"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/stack"
	"github.com/spillway/spillway/pkg/stack/docker"
	"github.com/spillway/spillway/pkg/stack/images"
)

const (
	// maxGatewayImage is what the image of the gateway may have in bytes: Fargate pulls it for every task.
	maxGatewayImage = 25_000_000
	// composeTimeout bounds the start of a stack in containers.
	composeTimeout = 3 * time.Minute
)

// TestCompose runs the scenarios on compose.yaml, with the sandbox as the cloud unless AWS_IMAGE says otherwise, and then
// hurts the containers.
func TestCompose(t *testing.T) {
	engine := needEngine(t)
	if size, err := engine.Size(t.Context(), "spillway/gateway:"+images.Tag); err != nil || size > maxGatewayImage {
		t.Errorf("the image of the gateway has %d bytes (%v), want at most %d", size, err, maxGatewayImage)
	}
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin}); err != nil {
		t.Fatal(err)
	}
	s := startCompose(t, bin)
	runScenarios(t, "compose", s)
	t.Run("faults", func(t *testing.T) { composeFaults(t, s) })

}

// needEngine returns a Docker engine that has our images. Without an engine the test is skipped, but in CI.
func needEngine(t *testing.T) *docker.Engine {
	t.Helper()
	engine, err := docker.Find(t.Context())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no stack in containers: %v", err)
		}
		t.Skipf("no stack in containers: %v", err)
	}
	for _, name := range append(images.Names(), images.Redis) {
		if !engine.Has(t.Context(), name) {
			t.Fatalf("%s is missing: go tool mage images:offline", name)
		}
	}
	return engine
}

// composeStack is a stack in containers of a test's own.
type composeStack struct {
	files
	project  string
	client   *testcontainers.DockerClient
	gateways []string // ids of containers
}

// startCompose starts a stack with a name and ports of its own, so that several can run side by side.
func startCompose(t *testing.T, bin string) *composeStack {
	t.Helper()
	withoutRyuk(t)
	engine, err := testcontainers.NewDockerClientWithOpts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	s := &composeStack{files: files{dir: filepath.Join(t.TempDir(), "files"), bin: bin}, project: "e2e-" + strings.ToLower(rand()[:8]), client: engine}
	variables := s.variables(t)
	project, err := compose.NewDockerComposeWith(compose.StackIdentifier(s.project), compose.WithStackFiles("../compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t, project) })
	ctx, cancel := context.WithTimeout(t.Context(), composeTimeout)
	defer cancel()
	begin := time.Now()
	err = project.WithEnv(variables).
		WaitForService("deploy", wait.ForExit()).
		WaitForService("balancer", wait.ForHealthCheck()).
		Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s is up %s after its start", s.project, time.Since(begin).Round(10*time.Millisecond))
	s.readEndpoints(t)
	s.gateways = s.containers(t, "gateway")
	if len(s.gateways) != 2 {
		t.Fatalf("%d gateways", len(s.gateways))
	}
	return s
}

// variables are those of compose.yaml. The directory that the containers share is made for the user that they run as.
func (s *composeStack) variables(t *testing.T) map[string]string {
	t.Helper()
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	user := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	if os.Getuid() == 0 {
		user = fmt.Sprintf("%d:%d", image.User, image.User)
	}
	give(t, s.dir)
	variables := map[string]string{
		"AWS_IMAGE": images.Sandbox, "REDIS_IMAGE": images.Redis, "DOCKER_SOCKET": "/dev/null", "AWS_READ_ONLY": "true",
		"SPILLWAY_FILES": s.dir, "SPILLWAY_HOST_DIR": s.dir, "SPILLWAY_USER": user, "SPILLWAY_HEARTBEAT": "5s",
	}
	if aws := os.Getenv("AWS_IMAGE"); aws != "" && aws != images.Sandbox {
		variables["AWS_IMAGE"], variables["DOCKER_SOCKET"], variables["AWS_READ_ONLY"] = aws, "/var/run/docker.sock", "false"
	}
	var ports loopback.Ports
	for _, name := range []string{"AWS", "GATEWAY", "ADMIN", "COGNITO", "REDIS"} {
		address, err := ports.Address(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(address) // it has one
		variables["SPILLWAY_PORT_"+name] = port
	}
	return variables
}

// give gives a file or directory to nobody, whom containers run as where root starts them.
func give(t *testing.T, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	if err := os.Chown(path, image.User, image.User); err != nil {
		t.Fatal(err)
	}
}

func (s *composeStack) readEndpoints(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "stack.json"))
	if err != nil {
		t.Fatalf("the deployment has not told how to reach the stack: %v", err)
	}
	record := struct {
		Endpoints *stack.Endpoints `json:"endpoints"`
	}{&s.end}
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
}

// stop ends the stack and checks that nothing is left of it.
func (s *composeStack) stop(t *testing.T, project *compose.DockerCompose) {
	ctx := context.Background()
	if t.Failed() {
		s.keepLogs(t)
	}
	if err := project.Down(ctx, compose.RemoveOrphans(true), compose.RemoveVolumes(true)); err != nil {
		t.Error(err)
	}
	mine := make(client.Filters).Add("label", "com.docker.compose.project="+s.project)
	containers, err := s.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
	networks, errNetworks := s.client.NetworkList(ctx, client.NetworkListOptions{Filters: mine})
	volumes, errVolumes := s.client.VolumeList(ctx, client.VolumeListOptions{Filters: mine})
	if err := errors.Join(err, errNetworks, errVolumes); err != nil {
		t.Error(err)
	}
	if c, n, v := len(containers.Items), len(networks.Items), len(volumes.Items); c+n+v > 0 {
		t.Errorf("%d containers, %d networks and %d volumes are left", c, n, v)
	}
}

// keepLogs writes the logs of all containers to .scenarios in the checkout.
func (s *composeStack) keepLogs(t *testing.T) {
	dir := filepath.Join("..", ".scenarios", s.project)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Error(err)
		return
	}
	for name, text := range s.logs(t, "") {
		if err := os.WriteFile(filepath.Join(dir, name+".log"), []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
	t.Logf("the logs of the containers are in %s", dir)
}

// containers are the ids of a service's containers, running or not; of all for no service.
func (s *composeStack) containers(t *testing.T, service string) []string {
	t.Helper()
	filter := make(client.Filters).Add("label", "com.docker.compose.project="+s.project)
	if service != "" {
		filter = filter.Add("label", "com.docker.compose.service="+service)
	}
	list, err := s.client.ContainerList(context.Background(), client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range list.Items {
		ids = append(ids, c.ID)
	}
	return ids
}

// logs are the logs of a service's containers by their names; of all for no service.
func (s *composeStack) logs(t *testing.T, service string) map[string]string {
	t.Helper()
	ctx, texts := context.Background(), map[string]string{}
	for _, id := range s.containers(t, service) {
		about, err := s.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		logs, err := s.client.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		_, err = stdcopy.StdCopy(&text, &text, logs)
		logs.Close()
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimPrefix(about.Container.Name, "/")] = text.String()
	}
	return texts
}

// SetPolicy implements Stack.
func (s *composeStack) SetPolicy(t *testing.T, text string) {
	t.Helper()
	before := s.writePolicy(t, text)
	t.Cleanup(func() { s.writePolicy(t, before) })
}

// writePolicy replaces the policy, waits until it is in force in all gateways, and returns the one before.
func (s *composeStack) writePolicy(t *testing.T, text string) (before string) {
	t.Helper()
	path := filepath.Join(s.dir, "policy.yaml")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(old) == text {
		return text
	}
	told := s.gatewaysTold(t, "policy changed")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil { // it stays the containers'
		t.Fatal(err)
	}
	await(t, func() bool { return s.allTell(t, "policy changed", told) }, "a gateway does not tell of the policy")
	return string(old)
}

// allTell says whether every gateway has logged a message more often than before.
func (s *composeStack) allTell(t *testing.T, message string, before map[string]int) bool {
	t.Helper()
	for name, n := range s.gatewaysTold(t, message) {
		if n <= before[name] {
			return false
		}
	}
	return true
}

// gatewaysTold is how often each gateway has logged a message.
func (s *composeStack) gatewaysTold(t *testing.T, message string) map[string]int {
	t.Helper()
	told := map[string]int{}
	for name, text := range s.logs(t, "gateway") {
		told[name] = strings.Count(text, `"msg":"`+message+`"`)
	}
	return told
}

// ReplaceCertificate implements Stack. All gateways have the new one when it returns: a client may come to any.
func (s *composeStack) ReplaceCertificate(t *testing.T) {
	t.Helper()
	told := s.gatewaysTold(t, "certificate in force")
	s.writeCertificate(t)
	await(t, func() bool {
		// A gateway looks for it when somebody connects.
		conn, err := tls.Dial("tcp", s.end.Gateway, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err == nil {
			conn.Close()
		}
		return s.allTell(t, "certificate in force", told)
	}, "a gateway does not tell of the certificate")
}

// writeCertificate puts files into the place of others, whole and with their owner.
func (s *composeStack) writeCertificate(t *testing.T) {
	t.Helper()
	made, err := stack.WriteCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(s.end.CAFile)
	for _, path := range []string{made.CA, made.Key, made.Cert} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		next := filepath.Join(dir, filepath.Base(path)+".new")
		if err := os.WriteFile(next, text, 0o600); err != nil {
			t.Fatal(err)
		}
		give(t, next)
		if err := os.Rename(next, strings.TrimSuffix(next, ".new")); err != nil {
			t.Fatal(err)
		}
	}
}

// KillGateway implements Stack: all of them get SIGKILL at once, and are started again.
func (s *composeStack) KillGateway(t *testing.T) {
	t.Helper()
	for _, id := range s.gateways {
		s.kill(t, id)
	}
	for _, id := range s.gateways {
		s.start(t, id)
	}
}

func (s *composeStack) kill(t *testing.T, id string) {
	t.Helper()
	if _, err := s.client.ContainerKill(t.Context(), id, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return !s.running(t, id) }, "the container does not die")
}

func (s *composeStack) start(t *testing.T, id string) {
	t.Helper()
	if _, err := s.client.ContainerStart(t.Context(), id, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (s *composeStack) running(t *testing.T, id string) bool {
	t.Helper()
	about, err := s.client.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return about.Container.State != nil && about.Container.State.Running
}

// Lacks implements Stack.
func (s *composeStack) Lacks(Need) string { return "" }

// FillRedis implements Stack.
func (s *composeStack) FillRedis(t *testing.T) FullRedis {
	t.Helper()
	return fillRedis(t, s.dialRedis)
}

// Outside implements Stack: the function knows Redis by its name in the containers' network.
func (s *composeStack) Outside() []string { return []string{"SPILLWAY_REDIS_URL=" + s.end.Redis} }
