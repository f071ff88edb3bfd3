package main

import (
	"context"
	"net"
	"strconv"

	"github.com/spillway/spillway/deploy/evaluate"
	"github.com/spillway/spillway/pkg/stack"
)

// ports compares where programs listen with who connects to them.
func ports(_ context.Context, h house) ([]*table, error) {
	gateway, err := h.declared("cmd/gateway", "SPILLWAY_")
	if err != nil {
		return nil, err
	}
	issuer, err := h.declared("cmd/mockcognito", "SPILLWAY_MOCKCOGNITO_")
	if err != nil {
		return nil, err
	}
	d, err := h.template("gateway.yaml")
	if err != nil {
		return nil, err
	}
	network, err := h.template("network.yaml")
	if err != nil {
		return nil, err
	}
	c, err := h.compose()
	if err != nil {
		return nil, err
	}
	task, local := taskVariables(d, nil), stack.DefaultPorts()
	t := &table{title: "ports", header: []string{"port", "program", "task", "container", "target group", "service", "security groups", "compose", "its program", "published", "local stack"}}
	grpc, admin := portOf(gateway["SPILLWAY_LISTEN"].value), portOf(gateway["SPILLWAY_ADMIN_LISTEN"].value)
	tokens := portOf(issuer["SPILLWAY_MOCKCOGNITO_LISTEN"].value)
	properties := func(id string, path ...any) string {
		return evaluate.Text(evaluate.At(d.Resources[id], append([]any{"Properties"}, path...)...))
	}
	row := func(name, program, service, listen, variable string, at int, middle ...string) {
		cells := append([]string{name, program}, middle...)
		cells = append(cells, composeCells(c, service, variable, listen)...)
		t.equal(append(cells, strconv.Itoa(at))...)
	}
	row("gRPC", grpc, "gateway", grpc, "SPILLWAY_LISTEN", local.Gateway,
		must(portOf(task["SPILLWAY_LISTEN"])), must(properties("TaskDefinition", "ContainerDefinitions", 0, "PortMappings", 0, "ContainerPort")),
		must(properties("TargetGroup", "Port")), must(properties("Service", "LoadBalancers", 0, "ContainerPort")),
		must(evaluate.Text(evaluate.At(network.Resources["GatewayFromLoadBalancer"], "Properties", "FromPort"))))
	t.equal("gRPC, out of the load balancer", must(evaluate.Text(evaluate.At(network.Resources["LoadBalancerSecurityGroup"], "Properties", "SecurityGroupEgress", 0, "FromPort"))), grpc)
	row("operators'", admin, "gateway", admin, "SPILLWAY_ADMIN_LISTEN", local.Admin,
		must(portOf(task["SPILLWAY_ADMIN_LISTEN"])), "", must(properties("TargetGroup", "HealthCheckPort", "Fn::If", 2)), "", must(properties("HealthCheckIn", "FromPort")))
	t.equal("operators', out of the load balancer", must(properties("HealthCheckOut", "FromPort")), admin)
	row("tokens", tokens, "mockcognito", tokens, "SPILLWAY_MOCKCOGNITO_LISTEN", local.Cognito, "", "", "", "", "")
	if c == nil {
		h.missingCompose(t)
		return []*table{t}, nil
	}
	// Redis is published on another port, where a developer's own is not.
	t.equal("Redis, published", must(c.Services["redis"].published()["6379"]), strconv.Itoa(local.Redis))
	t.equal("AWS, published", must(c.Services["aws"].published()["4566"]), strconv.Itoa(local.AWS))
	return []*table{t}, nil
}

// composeCells are the port on which a container's program listens, and where the machine has it, by the balancer where there is one.
func composeCells(c *composeFile, service, variable, listen string) []string {
	if c == nil {
		return []string{"", "", ""}
	}
	s := c.Services[service]
	published := s.published()[listen]
	front := listen
	if published == "" {
		published = c.Services["balancer"].published()[listen]
		front = portOf(c.Services["balancer"].environment()["SPILLWAY_BALANCER_"+variable[len("SPILLWAY_"):]])
	}
	return []string{must(front), must(portOf(s.environment()[variable])), must(published)}
}

// portOf is the port of an address.
func portOf(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return port
}

// must is text that has to be there: where what it was read from has another name by now, the comparison is to be told.
func must(text string) string {
	if text == "" {
		return "missing"
	}
	return text
}
