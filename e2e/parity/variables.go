package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spillway/spillway/deploy/evaluate"
	"github.com/spillway/spillway/pkg/stack"
)

// The places that give variables to a program.
const (
	inTask     = "task"
	inFunction = "function"
	inCompose  = "compose"
	inUp       = "mage up"
	inStack    = "local stack of data"
)

// place is what one place gives to a program.
type place struct {
	name  string
	given map[string]string
	// own are variables that have another value here than the program's default, and why.
	own map[string]string
	// all has every variable that is not own, and not left out, be given.
	all bool
	// left are variables that this place never gives.
	left []string
}

// variables compares, for each program, the names and defaults of its variables.
func variables(_ context.Context, h house) ([]*table, error) {
	c, err := h.compose()
	if err != nil {
		return nil, err
	}
	local, err := h.stackPrograms()
	if err != nil {
		return nil, err
	}
	gateway, err := h.gatewayVariables(c, local)
	if err != nil {
		return nil, err
	}
	consumer, err := h.consumerVariables()
	if err != nil {
		return nil, err
	}
	issuer, err := h.issuerVariables(c, local)
	return []*table{gateway, consumer, issuer}, err
}

func (h house) gatewayVariables(c *composeFile, local map[string]stack.Program) (*table, error) {
	d, err := h.template("gateway.yaml")
	if err != nil {
		return nil, err
	}
	up, err := h.upDeviations()
	if err != nil {
		return nil, err
	}
	task := place{
		name: inTask, given: taskVariables(d, nil), all: true,
		own: map[string]string{
			"SPILLWAY_REDIS_URL":       "Redis is made by the template",
			"SPILLWAY_ISSUER":          "so is the pool",
			"SPILLWAY_LISTEN":          "the load balancer comes from outside of the task",
			"SPILLWAY_ADMIN_LISTEN":    "so do health checks, without the PROXY protocol",
			"SPILLWAY_CURSOR_KEY":      "a secret that the template makes",
			"SPILLWAY_TLS_CERT":        "a secret",
			"SPILLWAY_TLS_KEY":         "a secret",
			"SPILLWAY_TLS_CLIENT_CA":   "a secret",
			"SPILLWAY_PLAINTEXT":       "follows TlsAt",
			"SPILLWAY_PROXY_PROTOCOL":  "behind a load balancer limits of addresses need it",
			"SPILLWAY_METRICS_SERVICE": "scaling and alarms need it",
		},
		left: []string{
			"SPILLWAY_JWKS_URL", "SPILLWAY_JWKS_INSECURE", // Cognito's own
			"SPILLWAY_TLS_CERT_FILE", "SPILLWAY_TLS_KEY_FILE", "SPILLWAY_TLS_CLIENT_CA_FILE", "SPILLWAY_POLICY_FILE", // a task has no files
		},
	}
	places := []place{task, upPlace(task, taskVariables(d, up.Parameters), up.Variables), {name: inStack, given: local["gateway"].Environment, own: ownOfStack()}}
	t := &table{title: "variables of the gateway"}
	if c == nil {
		h.missingCompose(t)
	} else {
		s, _ := c.program("gateway")
		places = append(places, place{name: inCompose, given: s.environment(), own: ownOfCompose()})
	}
	program, err := h.declared("cmd/gateway", "SPILLWAY_")
	if err != nil {
		return nil, err
	}
	t.variables(program, places)
	return t, nil
}

// upPlace is a task as "mage up" has it: what its definition gives to it, and what the sandbox gives to every task beside that.
func upPlace(task place, given, beside map[string]string) place {
	up := place{name: inUp, given: maps.Clone(beside), own: maps.Clone(task.own), all: true}
	maps.Copy(up.given, given)
	maps.Copy(up.own, map[string]string{
		"SPILLWAY_JWKS_URL": "the pool's keys are not where its issuer is", "SPILLWAY_POLICY_FILE": "to be edited",
		"SPILLWAY_REFLECTION": "to try things out", "SPILLWAY_DRAIN_WINDOW": "nobody waits for a rolling deployment, but for down",
	})
	up.left = slices.DeleteFunc(slices.Clone(task.left), func(name string) bool { return up.own[name] != "" })
	return up
}

func ownOfStack() map[string]string {
	return map[string]string{
		"SPILLWAY_REDIS_URL": "where the stack's is", "SPILLWAY_ISSUER": "the local pool", "SPILLWAY_JWKS_URL": "its keys are not where its issuer is",
		"SPILLWAY_CURSOR_KEY": "one of its own", "SPILLWAY_POLICY_FILE": "to be edited",
		"SPILLWAY_TLS_CERT_FILE": "of a local authority", "SPILLWAY_TLS_KEY_FILE": "of a local authority",
		"SPILLWAY_REFLECTION": "to try things out", "SPILLWAY_DRAIN_WINDOW": "nobody waits for a rolling deployment, but for down",
	}
}

// ownOfCompose are those of the local stack, and what comes of containers.
func ownOfCompose() map[string]string {
	own := ownOfStack()
	maps.Copy(own, map[string]string{
		"SPILLWAY_LISTEN": "others come from outside of the container", "SPILLWAY_ADMIN_LISTEN": "others come from outside of the container",
		"SPILLWAY_JWKS_INSECURE": "the network of the containers", "SPILLWAY_PROXY_PROTOCOL": "behind a balancer limits of addresses need it",
	})
	return own
}

func (h house) consumerVariables() (*table, error) {
	d, err := h.template("data.yaml")
	if err != nil {
		return nil, err
	}
	program, err := h.declared("pkg/ingest/settings", "SPILLWAY_")
	if err != nil {
		return nil, err
	}
	up, err := h.upDeviations()
	if err != nil {
		return nil, err
	}
	t := &table{title: "variables of the consumer"}
	own := map[string]string{"SPILLWAY_REDIS_URL": "where the template is told that it is"}
	ownOfUp := maps.Clone(own)
	ownOfUp["SPILLWAY_ROUTE"] = "of the demo's weather reports"
	ownOfUp["SPILLWAY_BUDGET"] = "half of what the local cloud gives Redis"
	t.variables(program, []place{
		{name: inFunction, given: functionVariables(d, nil), all: true, own: own},
		{name: inUp, given: functionVariables(d, up.Parameters), all: true, own: ownOfUp},
	})
	t.note("compose and the local stack of data deploy this template, too")
	return t, nil
}

func (h house) issuerVariables(c *composeFile, local map[string]stack.Program) (*table, error) {
	const prefix = "SPILLWAY_MOCKCOGNITO_"
	own := map[string]string{
		prefix + "CONFIG": "the stack's customers", prefix + "STATE": "credentials outlive the program",
	}
	places := []place{{name: inStack, given: local["mockcognito"].Environment, own: own}}
	t := &table{title: "variables of mockcognito"}
	if c == nil {
		h.missingCompose(t)
	} else {
		s, _ := c.program("mockcognito")
		own = maps.Clone(own)
		own[prefix+"LISTEN"] = "others come from outside of the container"
		places = append(places, place{name: inCompose, given: s.environment(), own: own})
	}
	program, err := h.declared("cmd/mockcognito", prefix)
	if err != nil {
		return nil, err
	}
	t.variables(program, places)
	return t, nil
}

// taskVariables are what the gateway's container is given, secrets too. A value that is a parameter is the one in parameters, or else
// that one's default.
func taskVariables(d evaluate.Template, parameters map[string]string) map[string]string {
	out := map[string]string{}
	evaluate.Walk(d.Resources["TaskDefinition"], func(m map[string]any) {
		if name := evaluate.Text(m["Name"]); strings.HasPrefix(name, "SPILLWAY_") {
			out[name] = defaultOf(d, parameters, m)
		}
	})
	return out
}

func defaultOf(d evaluate.Template, parameters map[string]string, entry map[string]any) string {
	if ref := evaluate.Text(evaluate.At(entry, "Value", "Ref")); ref != "" {
		if v, ok := parameters[ref]; ok {
			return v
		}
		if v, ok := d.Default(ref); ok {
			return v
		}
		return "parameter " + ref
	}
	if v, ok := entry["Value"].(string); ok {
		return v
	}
	return "made by the template"
}

func functionVariables(d evaluate.Template, parameters map[string]string) map[string]string {
	out := map[string]string{}
	given, _ := evaluate.At(d.Resources["Consumer"], "Properties", "Environment", "Variables").(map[string]any)
	for name, v := range given {
		out[name] = defaultOf(d, parameters, map[string]any{"Value": v})
	}
	return out
}

// variables adds a row for each variable that the program or a place knows.
func (t *table) variables(program map[string]variable, places []place) {
	t.header = []string{"variable", "program"}
	names := slices.Collect(maps.Keys(program))
	for _, p := range places {
		t.header = append(t.header, p.name)
		names = append(names, slices.Collect(maps.Keys(p.given))...)
		for name := range p.own {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !strings.HasPrefix(name, "SPILLWAY_") {
			continue // Go's own, such as GOMEMLIMIT
		}
		v, known := program[name]
		cells := []string{name, v.text(known)}
		var hows, whys []string
		for _, p := range places {
			value, given := p.given[name]
			cells = append(cells, value)
			how, why := p.judge(name, v, known, value, given)
			if how != "" {
				hows = append(hows, p.name+": "+how)
			}
			if why != "" {
				whys = append(whys, p.name+": "+why)
			}
		}
		t.judge(hows, strings.Join(whys, "; "), cells...)
	}
}

func (v variable) text(known bool) string {
	switch {
	case !known:
		return "unknown"
	case v.required:
		return "required"
	}
	return v.value
}

// judge tells how a place differs from the program, or why it may.
func (p place) judge(name string, v variable, known bool, value string, given bool) (how, why string) {
	reason, own := p.own[name]
	switch {
	case !known && given:
		return "the program does not know it", ""
	case !known && own:
		return fmt.Sprintf("has a reason for what the program does not know (%s)", reason), ""
	case !known:
		return "", ""
	case slices.Contains(p.left, name):
		if given {
			return "is given, and was not to be", ""
		}
		return "", ""
	case !given && own:
		return fmt.Sprintf("is not given (%s)", reason), ""
	case !given && (v.required || p.all):
		return "is not given", ""
	case !given:
		return "", ""
	case own && value == v.value && !v.required:
		return fmt.Sprintf("is the default, and was not to be (%s)", reason), ""
	case own:
		return "", reason
	case !sameValue(value, v.value):
		return fmt.Sprintf("%s in place of %s", value, v.value), ""
	}
	return "", ""
}

// sameValue knows that levels of logs are written in both cases.
func sameValue(a, b string) bool { return strings.EqualFold(a, b) }
