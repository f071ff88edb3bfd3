//go:build compose

package e2e

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/spillway/spillway/e2e/loopback"
)

// piece is one container of compose.yaml, without the others.
type piece struct {
	*testcontainers.DockerContainer
	engine *testcontainers.DockerClient
	ports  map[string]string // where ports of the container are on loopback, host:port; the same after a restart
}

// withoutRyuk has testcontainers do without the container that cleans up after killed tests: there is no image of it.
func withoutRyuk(t *testing.T) {
	t.Helper()
	t.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	t.Setenv("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1")
}

// startPiece starts a service's container from an image, with the command and the user that compose.yaml gives it, and what that
// forbids it; what it depends on, its variables and its volumes are the caller's. It is gone after the test.
func startPiece(t *testing.T, service, image string, ports []string, more ...testcontainers.ContainerCustomizer) *piece {
	t.Helper()
	withoutRyuk(t)
	s := serviceOf(t, service)
	p := &piece{ports: map[string]string{}}
	var err error
	if p.engine, err = testcontainers.NewDockerClientWithOpts(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.engine.Close() })
	options := append([]testcontainers.ContainerCustomizer{
		testcontainers.WithCmd(s.Command...),
		testcontainers.WithTmpfs(tmpfs(s)),
		testcontainers.WithConfigModifier(func(c *container.Config) { c.User = s.User }),
		testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
			h.ReadonlyRootfs, h.CapDrop, h.SecurityOpt, h.Init = s.ReadOnly, s.CapDrop, s.SecurityOpt, s.Init
			h.PortBindings = p.bind(t, ports)
		}),
		testcontainers.WithExposedPorts(ports...),
	}, more...)
	p.DockerContainer, err = testcontainers.Run(t.Context(), image, options...)
	testcontainers.CleanupContainer(t, p.DockerContainer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %.20000s", service, p.logs(t))
		}
	})
	return p
}

// serviceOf is a service of compose.yaml with our images and nothing else set.
func serviceOf(t *testing.T, name string) types.ServiceConfig {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../compose.yaml"}, cli.WithEnv([]string{"AWS_READ_ONLY=true"}), cli.WithName("pieces"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := project.GetService(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tmpfs(s types.ServiceConfig) map[string]string {
	mounts := map[string]string{}
	for _, m := range s.Tmpfs {
		path, options, _ := strings.Cut(m, ":")
		mounts[path] = options
	}
	return mounts
}

// bind chooses ports of loopback alone.
func (p *piece) bind(t *testing.T, ports []string) network.PortMap {
	t.Helper()
	var free loopback.Ports
	bound := network.PortMap{}
	for _, port := range ports {
		address, err := free.Address(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		host, number, _ := net.SplitHostPort(address) // it has one
		p.ports[port] = address
		bound[network.MustParsePort(port)] = []network.PortBinding{{HostIP: netip.MustParseAddr(host), HostPort: number}}
	}
	return bound
}

// logs are all that it has said.
func (p *piece) logs(t *testing.T) string {
	t.Helper()
	logs, err := p.engine.ContainerLogs(context.Background(), p.GetContainerID(), client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer logs.Close()
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, logs); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// state is what the engine knows of it.
func (p *piece) state(t *testing.T) *container.State {
	t.Helper()
	about, err := p.engine.ContainerInspect(t.Context(), p.GetContainerID(), client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return about.Container.State
}

// awaitEnd waits until it has ended, and returns its exit code.
func (p *piece) awaitEnd(t *testing.T) int {
	t.Helper()
	await(t, func() bool { return !p.state(t).Running }, "the container does not end")
	return p.state(t).ExitCode
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
