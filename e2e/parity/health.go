package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spillway/spillway/deploy/evaluate"
)

// health compares what is asked of a program with what it answers, and with what it means there: a load balancer must ask for life only,
// because an outage of Redis must not cut every stream; who starts a stack asks whether it is ready.
func health(_ context.Context, h house) ([]*table, error) {
	const alive, ready = "/healthz", "/readyz"
	served, err := h.texts("pkg/gateway")
	if err != nil {
		return nil, err
	}
	scenarios, err := h.scenarios("gateway.yaml")
	if err != nil {
		return nil, err
	}
	t := &table{title: "health checks", header: []string{"who asks", "what", "of"}}
	row := func(who, path, want string) {
		var hows []string
		if !served["GET "+path] {
			hows = append(hows, "the gateway does not serve it")
		}
		if path != want {
			hows = append(hows, "it is to be "+want)
		}
		t.judge(hows, "", who, path, "gateway")
	}
	told := map[string]bool{}
	for _, s := range scenarios {
		group := s.Resources["TargetGroup"]
		protocol, path := evaluate.Text(group.At("HealthCheckProtocol")), evaluate.Text(group.At("HealthCheckPath"))
		who := "load balancer, with the PROXY protocol " + evaluate.Text(s.Parameters["ProxyProtocol"])
		switch {
		case told[who]:
		case protocol == "TCP" && path == "":
			t.right("", who, "accepts connections", "gateway")
		default:
			row(who, path, alive)
		}
		told[who] = true
	}
	local, err := h.stackPrograms()
	if err != nil {
		return nil, err
	}
	asked, err := url.Parse(local["gateway"].Ready)
	if err != nil {
		return nil, err
	}
	row("local stack", asked.Path, ready)
	c, err := h.compose()
	if err != nil {
		return nil, err
	}
	if c == nil {
		h.missingCompose(t)
		return []*table{t}, nil
	}
	for _, name := range []string{"gateway", "mockcognito"} {
		s, _ := c.program(name)
		test := fmt.Sprint(s.Healthcheck.Test)
		if s.Healthcheck.Test != nil && !strings.Contains(test, name) {
			t.wrong("an image without a shell can ask only its own program", "compose", test, name)
			continue
		}
		t.right("", "compose", "what the image says", name)
	}
	return []*table{t}, nil
}
