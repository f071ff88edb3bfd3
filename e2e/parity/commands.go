package main

import (
	"context"
	"strings"

	"github.com/spillway/spillway/deploy/evaluate"
)

// commands compares what programs are started with: nothing beside their names, so that all there is to know is in variables.
func commands(_ context.Context, h house) ([]*table, error) {
	gateway, err := h.template("gateway.yaml")
	if err != nil {
		return nil, err
	}
	data, err := h.template("data.yaml")
	if err != nil {
		return nil, err
	}
	c, err := h.compose()
	if err != nil {
		return nil, err
	}
	t := &table{title: "commands", header: []string{"program", "what starts it", "arguments"}}
	container := evaluate.At(gateway.Resources["TaskDefinition"], "Properties", "ContainerDefinitions", 0)
	task := composeService{Entrypoint: evaluate.At(container, "EntryPoint"), Command: evaluate.At(container, "Command")}
	t.without("gateway", "task: the image's entry point", task.arguments())
	local, err := h.stackPrograms()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"gateway", "mockcognito"} {
		t.without(name, "local stack: the built program", strings.Join(local[name].Arguments, " "))
	}
	if c == nil {
		h.missingCompose(t)
	} else {
		for _, name := range []string{"gateway", "mockcognito"} {
			s, ok := c.program(name)
			if !ok {
				t.wrong("compose runs another image", name, "compose: the image's entry point", s.Image)
				continue
			}
			t.without(name, "compose: the image's entry point", s.arguments())
		}
	}
	function := evaluate.At(data.Resources["Consumer"], "Properties")
	handler, runtime := evaluate.Text(evaluate.At(function, "Handler")), evaluate.Text(evaluate.At(function, "Runtime"))
	// The zip file has one program, called bootstrap: pkg/deploy.
	t.equal("consumer", "bootstrap", handler)
	if runtime != "provided.al2023" {
		t.wrong("the program is a bootstrap for provided.al2023", "consumer", "function: "+runtime, "")
	}
	return []*table{t}, nil
}

func (t *table) without(program, starter, arguments string) {
	if arguments != "" {
		t.wrong("it is to have none", program, starter, arguments)
		return
	}
	t.right("", program, starter, "")
}
