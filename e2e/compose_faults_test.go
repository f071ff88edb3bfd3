//go:build compose

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// composeFaults has the fault bench put and read 10,000 records while a gateway's container is killed, Redis's is restarted,
// and another gateway is cut off the network. The bench's checker then has nothing to say.
func composeFaults(t *testing.T, s *composeStack) {
	dir := t.TempDir()
	program, report := filepath.Join(dir, "chaos"), filepath.Join(dir, "report.json")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./chaos").CombinedOutput(); err != nil {
		t.Fatalf("build the fault bench: %v\n%s", err, text)
	}
	said := new(output)
	bench := exec.CommandContext(t.Context(), program)
	bench.Env = append(os.Environ(), "CHAOS_STACK="+filepath.Join(s.dir, "stack.json"), "CHAOS_FAULTS=0", "CHAOS_RECORDS=10000", "CHAOS_OUT="+report)
	bench.Stdout, bench.Stderr = said, said
	if err := bench.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { t.Logf("the bench says:\n%s", said.String()) })
	ended := make(chan error, 1)
	go func() { ended <- bench.Wait() }()
	await(t, func() bool { return strings.Contains(said.String(), "subscribers are live") }, "the bench's subscribers are not live")

	s.kill(t, s.gateways[0])
	s.start(t, s.gateways[0])
	if _, err := s.client.ContainerRestart(t.Context(), s.containers(t, "redis")[0], client.ContainerRestartOptions{}); err != nil {
		t.Fatal(err)
	}
	s.cutOff(t, s.gateways[1])
	select {
	case err := <-ended:
		t.Fatalf("the bench was over before the faults were: %v", err)
	default:
	}

	err := <-ended
	if err != nil {
		t.Fatalf("the bench: %v", err)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Records, Subscribers, Shown, Lost, Disconnects int
		Kept                                           bool
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Records < 10_000 || r.Subscribers == 0 || r.Shown == 0 || r.Disconnects == 0 || r.Lost != 0 || !r.Kept {
		t.Errorf("report %+v", r)
	}
}

// cutOff takes a container off the network until the balancer has noticed, and puts it back.
func (s *composeStack) cutOff(t *testing.T, id string) {
	t.Helper()
	name := s.project + "_default"
	about, err := s.client.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	address := about.Container.NetworkSettings.Networks[name].IPAddress.String()
	lost := func() int {
		return s.balancerTold(t, address, `"well":false`) + s.balancerTold(t, address, `"member gone"`)
	}
	before := lost()
	if _, err := s.client.NetworkDisconnect(t.Context(), name, client.NetworkDisconnectOptions{Container: id, Force: true}); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return lost() > before }, "the balancer does not notice")
	_, err = s.client.NetworkConnect(t.Context(), name, client.NetworkConnectOptions{
		Container: id, EndpointConfig: &network.EndpointSettings{Aliases: []string{"gateway"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// balancerTold is how often the balancer has told something of a member.
func (s *composeStack) balancerTold(t *testing.T, address, what string) int {
	n := 0
	for _, text := range s.logs(t, "balancer") {
		for line := range strings.Lines(text) {
			if strings.Contains(line, `"address":"`+address+`"`) && strings.Contains(line, what) {
				n++
			}
		}
	}
	return n
}
