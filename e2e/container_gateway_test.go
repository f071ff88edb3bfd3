//go:build compose

package e2e

import (
	"crypto/tls"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/stack"
	"github.com/spillway/spillway/pkg/stack/images"
)

const gatewayImage = "spillway/gateway:" + images.Tag

// TestContainerGatewayRefuses: a container of the gateway whose configuration is wrong ends at once, and says all that is wrong, so that
// whoever starts one sees it and no load balancer waits for it.
func TestContainerGatewayRefuses(t *testing.T) {
	needEngine(t)
	p := startPiece(t, "gateway", gatewayImage, nil, testcontainers.WithEnv(map[string]string{
		"SPILLWAY_REDIS_URL": "http://redis", "SPILLWAY_LANES": "many", "SPILLWAY_TYPO": "1",
	}))
	if code := p.awaitEnd(t); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	said := p.logs(t)
	for _, want := range []string{"SPILLWAY_REDIS_URL", "SPILLWAY_ISSUER", "SPILLWAY_CURSOR_KEY", "SPILLWAY_TLS_CERT_FILE", `SPILLWAY_LANES: "many"`, "SPILLWAY_TYPO"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %s:\n%s", want, said)
		}
	}
}

// TestContainerGatewayAlone: with nothing that it could reach the gateway serves all the same, as nobody, on a root that it does not
// write to and without a shell; its health check says that it is not ready, and why. Asked to stop, it ends well and in time.
func TestContainerGatewayAlone(t *testing.T) {
	needEngine(t)
	const port, grace = "8443/tcp", 20 * time.Second
	dir := filepath.Join(t.TempDir(), "tls")
	made, err := stack.WriteCertificates(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, made.CA, made.Cert, made.Key} {
		give(t, path)
	}
	p := startPiece(t, "gateway", gatewayImage, []string{port},
		testcontainers.WithEnv(map[string]string{
			"SPILLWAY_LISTEN": "0.0.0.0:8443", "SPILLWAY_REDIS_URL": "redis://127.0.0.1:1", "SPILLWAY_ISSUER": "https://127.0.0.1:1/pool", "SPILLWAY_DRAIN_WINDOW": "1s",
			"SPILLWAY_CURSOR_KEY": "c3BpbGx3YXkgZGV2ZWxvcG1lbnQgY3Vyc29yIGtleS4=", "SPILLWAY_TLS_CERT_FILE": "/tls/gateway.pem", "SPILLWAY_TLS_KEY_FILE": "/tls/gateway.key",
		}),
		testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
			h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, Source: dir, Target: "/tls", ReadOnly: true})
		}))
	trusted := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}, RootCAs: authority(t, made.CA)}
	await(t, func() bool {
		conn, err := tls.Dial("tcp", p.ports[port], trusted)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}, "it does not serve")

	code, text, err := p.Exec(t.Context(), []string{"/gateway", "health"})
	if err != nil || code != 1 {
		t.Errorf("its health check: exit code %d (%v), want 1", code, err)
	}
	if said := readAll(t, text); !strings.Contains(said, "event log cannot be reached") {
		t.Errorf("its health check says %q", said)
	}
	if code, _, err := p.Exec(t.Context(), []string{"/bin/sh", "-c", "true"}); err == nil && code == 0 {
		t.Error("it has a shell")
	}
	p.wantConfined(t, "/tls")

	begin := time.Now()
	wait := int(grace.Seconds())
	if _, err := p.engine.ContainerStop(t.Context(), p.GetContainerID(), client.ContainerStopOptions{Timeout: &wait}); err != nil {
		t.Fatal(err)
	}
	if took, state := time.Since(begin), p.state(t); took > grace || state.ExitCode != 0 || state.OOMKilled {
		t.Errorf("it ended after %s with exit code %d", took, state.ExitCode)
	}
	if said := p.logs(t); !strings.Contains(said, `"msg":"drained"`) {
		t.Error("it does not tell that it has drained")
	}
}

// wantConfined fails unless all processes of a container are nobody's, and nothing but mounts is in its root that the image has not.
func (p *piece) wantConfined(t *testing.T, mounts ...string) {
	t.Helper()
	running, err := p.engine.ContainerTop(t.Context(), p.GetContainerID(), client.ContainerTopOptions{Arguments: []string{"-o", "pid,uid"}})
	if err != nil || len(running.Processes) == 0 {
		t.Fatalf("its processes: %v (%v)", running.Processes, err)
	}
	for _, process := range running.Processes {
		if uid := process[len(process)-1]; uid != strconv.Itoa(image.User) {
			t.Errorf("process %v is not nobody's", process)
		}
	}
	changed, err := p.engine.ContainerDiff(t.Context(), p.GetContainerID(), client.ContainerDiffOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changed.Changes {
		if !slices.ContainsFunc(mounts, func(m string) bool { return m == c.Path || strings.HasPrefix(m, c.Path+"/") }) {
			t.Errorf("%s in its root is not the image's", c.Path)
		}
	}
	about, err := p.engine.ContainerInspect(t.Context(), p.GetContainerID(), client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if h := about.Container.HostConfig; !h.ReadonlyRootfs || h.Privileged {
		t.Errorf("it may write to its root, or more: %t %t", h.ReadonlyRootfs, h.Privileged)
	}
}
