package templates

import (
	"fmt"
	"maps"
	"slices"
)

// policy returns what in a scenario is against it. A policy holds what no linter finds.
type policy func(s *scenario) []string

var policies = map[string]policy{
	"conforms to its schemas":         conforms,
	"who may reach whom":              reach,
	"least privilege":                 leastPrivilege,
	"no physical names":               noPhysicalNames,
	"state is retained":               retained,
	"logs end":                        logsEnd,
	"encrypted at rest":               encryptedAtRest,
	"encrypted on the way":            encryptedOnTheWay,
	"addresses by the PROXY protocol": proxyProtocol,
	"health is liveness":              liveness,
	"a deployment loses nobody":       drains,
	"a bad deployment is taken back":  circuitBreaker,
	"failed records are kept":         failuresAreKept,
	"private by default":              privateByDefault,
	"secrets stay secret":             secretsStaySecret,
	"the cursor key is 32 bytes":      cursorKey,
	"clients read what is granted":    clientsReadWhatIsGranted,
	"containers are confined":         confined,
	"ports agree":                     portsAgree,
	"scaled by what is measured":      scaledByWhatIsMeasured,
	"alarms tell the topic":           alarmsTell,
	"Redis evicts nothing":            redisEvictsNothing,
	"the dashboard is JSON":           dashboardIsJSON,
}

// complaints collects what is against a policy.
type complaints []string

func (c *complaints) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// of are the resources of a type, by id.
func (s *scenario) of(types ...string) map[string]made {
	out := map[string]made{}
	for id, r := range s.resources {
		if slices.Contains(types, r.Type) {
			out[id] = r
		}
	}
	return out
}

// at follows keys and indexes into v; nil if there is nothing.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func (m made) at(path ...any) any { return at(m.Properties, path...) }

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// named are the values of a list of {Name|Key, Value|ValueFrom}.
func named(v any) map[string]string {
	out := map[string]string{}
	for _, e := range list(v) {
		name := at(e, "Name")
		if name == nil {
			name = at(e, "Key")
		}
		value := at(e, "Value")
		if value == nil {
			value = at(e, "ValueFrom")
		}
		out[text(name)] = text(value)
	}
	return out
}

// container is the gateway's; nil in other templates.
func (s *scenario) container() map[string]any {
	c, _ := s.resources["TaskDefinition"].at("ContainerDefinitions", 0).(map[string]any)
	return c
}

func conforms(s *scenario) []string {
	c := slices.Clone(s.mistakes)
	for id, r := range s.resources {
		for _, said := range schemaOf(r.Type).check(r.Properties) {
			c = append(c, id+said)
		}
	}
	return c
}

// sortedPolicies are the names of the policies.
func sortedPolicies() []string { return slices.Sorted(maps.Keys(policies)) }
