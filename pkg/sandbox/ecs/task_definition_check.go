package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// check holds to the rules of the API reference, and to those of Fargate, which everything here is.
func (in RegisterTaskDefinitionInput) check() *Error {
	switch {
	case in.Family == "":
		return client("Family should not be null or empty.")
	case !nameExpr.MatchString(in.Family):
		return client("Family contains invalid characters or has more than 255.")
	case len(in.ContainerDefinitions) == 0:
		return client("Container list cannot be empty.")
	case len(in.ContainerDefinitions) > MaxContainers:
		return client("Container list cannot have more than %d containers.", MaxContainers)
	case in.NetworkMode != "awsvpc":
		return client("Network mode must be 'awsvpc' for Fargate tasks, which all tasks of the sandbox are.")
	case slices.ContainsFunc(in.RequiresCompatibilities, func(c string) bool { return c != "FARGATE" }):
		return unsupported("A compatibility but FARGATE")
	}
	if e := checkSize(in.Cpu, in.Memory); e != nil {
		return e
	}
	if p := in.RuntimePlatform; p != nil && p.OperatingSystemFamily != "" && p.OperatingSystemFamily != "LINUX" {
		return unsupported("The operating system family %.40q", p.OperatingSystemFamily)
	}
	var names []string
	essential := false
	for _, c := range in.ContainerDefinitions {
		if slices.Contains(names, c.Name) {
			return client("Container names must be unique within a task definition: %.100q occurs twice.", c.Name)
		}
		names = append(names, c.Name)
		essential = essential || c.essential()
		if e := c.check(in.ExecutionRoleArn != ""); e != nil {
			return e
		}
	}
	if !essential {
		return client("At least one container of a task definition must be essential.")
	}
	return nil
}

// checkSize finds the memory among what Fargate has for the CPU.
func checkSize(cpu, memory string) *Error {
	type size struct{ from, to, step int } // MiB
	sizes := map[int]size{
		256: {512, 2048, 512}, 512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024},
		4096: {8192, 30720, 1024}, 8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192},
	}
	c, errC := strconv.Atoi(cpu)
	m, errM := strconv.Atoi(memory)
	if errC != nil || errM != nil {
		return client("Fargate requires that 'cpu' and 'memory' be defined at the task level, in units and MiB; not %.20q and %.20q.", cpu, memory)
	}
	s, ok := sizes[c]
	if !ok || m < s.from || m > s.to || (m-s.from)%s.step != 0 {
		return client("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", c, m)
	}
	return nil
}

func (c ContainerDefinition) check(hasExecutionRole bool) *Error {
	switch {
	case !nameExpr.MatchString(c.Name):
		return client("Container.name should not be null or empty, and have letters, digits, hyphens and underscores only; not %.100q.", c.Name)
	case c.Image == "":
		return client("Container.image should not be null or empty.")
	case strings.Contains(c.Image, ".dkr.ecr.") && !hasExecutionRole:
		return client("Fargate requires task definition to have execution role ARN to support ECR images.")
	case len(c.Secrets) > 0 && !hasExecutionRole:
		return client("Fargate requires task definition to have execution role ARN to support secrets.")
	case c.StopTimeout != nil && (*c.StopTimeout < 0 || *c.StopTimeout > int(MaxStopTimeout.Seconds())):
		return client("Container.stopTimeout must be between 0 and %d seconds on Fargate.", int(MaxStopTimeout.Seconds()))
	}
	for _, u := range c.Ulimits {
		if u.SoftLimit < 0 || u.HardLimit < u.SoftLimit {
			return client("The ulimit %.40s of container %s must have a soft limit that is not negative, and at most its hard limit.", u.Name, c.Name)
		}
	}
	seen := map[string]bool{}
	for _, name := range c.variables() {
		if name == "" || seen[name] {
			return client("The environment and secrets of container %s must have names that are unique and not empty: %.100q.", c.Name, name)
		}
		seen[name] = true
	}
	for _, p := range c.PortMappings {
		switch {
		case p.ContainerPort < 1 || p.ContainerPort > 65535:
			return client("Invalid containerPort setting %d.", p.ContainerPort)
		case p.HostPort != 0 && p.HostPort != p.ContainerPort:
			return client("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
		case p.Protocol != "" && p.Protocol != "tcp":
			return unsupported("The protocol %.20q of a port mapping", p.Protocol)
		}
	}
	if e := c.HealthCheck.check(); e != nil {
		return e
	}
	return c.LogConfiguration.check(hasExecutionRole)
}

// variables are the names of its environment and secrets.
func (c ContainerDefinition) variables() []string {
	var out []string
	for _, v := range c.Environment {
		out = append(out, v.Name)
	}
	for _, s := range c.Secrets {
		out = append(out, s.Name)
	}
	return out
}

func (h *HealthCheck) check() *Error {
	if h == nil {
		return nil
	}
	if len(h.Command) < 2 || h.Command[0] != "CMD" && h.Command[0] != "CMD-SHELL" {
		return client("Container.healthCheck.command must begin with CMD or CMD-SHELL and have a command; not %.100q.", h.Command)
	}
	for _, b := range []struct {
		name     string
		value    *int
		min, max int
	}{{"interval", h.Interval, 5, 300}, {"timeout", h.Timeout, 2, 60}, {"retries", h.Retries, 1, 10}, {"startPeriod", h.StartPeriod, 0, 300}} {
		if b.value != nil && (*b.value < b.min || *b.value > b.max) {
			return client("Container.healthCheck.%s must be between %d and %d.", b.name, b.min, b.max)
		}
	}
	return nil
}

func (l *LogConfiguration) check(hasExecutionRole bool) *Error {
	if l == nil {
		return nil
	}
	if l.LogDriver != "awslogs" {
		return unsupported("The log driver %.40q", l.LogDriver)
	}
	if !hasExecutionRole {
		return client("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
	}
	known := []string{"awslogs-group", "awslogs-region", "awslogs-stream-prefix", "mode", "max-buffer-size"}
	for name := range l.Options {
		if !slices.Contains(known, name) {
			return unsupported("The option %.60q of awslogs", name)
		}
	}
	for _, name := range known[:3] {
		if l.Options[name] == "" {
			return client("%s", fmt.Sprintf("Log driver awslogs requires options: %s", name))
		}
	}
	return nil
}
