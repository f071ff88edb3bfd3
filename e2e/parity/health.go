package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spillway/spillway/deploy/evaluate"
)

const (
	alive = "/healthz"
	ready = "/readyz"
)

// health compares what is asked of a program with what it answers, and with what it means there: a load balancer must ask for life only,
// because an outage of Redis must not cut every stream; who starts a stack asks whether it is ready.
func health(_ context.Context, h house) ([]*table, error) {
	served, err := h.texts("pkg/gateway")
	if err != nil {
		return nil, err
	}
	scenarios, err := h.scenarios("gateway.yaml")
	if err != nil {
		return nil, err
	}
	local, err := h.stackPrograms()
	if err != nil {
		return nil, err
	}
	asked, err := url.Parse(local["gateway"].Ready)
	if err != nil {
		return nil, err
	}
	c, err := h.compose()
	if err != nil {
		return nil, err
	}
	t := &table{title: "health checks", header: []string{"who asks", "what", "of"}}
	t.balanced(served, scenarios)
	t.asked(served, "local stack", asked.Path, ready)
	if c == nil {
		h.missingCompose(t)
	} else {
		t.contained(c)
	}
	return []*table{t}, nil
}

// asked adds a row: somebody asks the gateway for a path.
func (t *table) asked(served map[string]bool, who, path, want string) {
	var hows []string
	if !served["GET "+path] {
		hows = append(hows, "the gateway does not serve it")
	}
	if path != want {
		hows = append(hows, "it is to be "+want)
	}
	t.judge(hows, "", who, path, "gateway")
}

// balanced adds a row for each way in which a load balancer asks.
func (t *table) balanced(served map[string]bool, scenarios []*evaluate.Scenario) {
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
			t.asked(served, who, path, alive)
		}
		told[who] = true
	}
}

// contained adds a row for each container of ours: what it is asked is its image's to say.
func (t *table) contained(c *composeFile) {
	for _, name := range []string{"gateway", "mockcognito"} {
		s, _ := c.program(name)
		if test := s.Healthcheck.Test; test != nil && !strings.Contains(fmt.Sprint(test), name) {
			t.wrong("an image without a shell can ask only its own program", "compose", fmt.Sprint(test), name)
			continue
		}
		t.right("", "compose", "what the image says", name)
	}
}
