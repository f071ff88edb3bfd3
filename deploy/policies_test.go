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
	"Redis is found":                  redisIsFound,
	"the dashboard is JSON":           dashboardIsJSON,
}

// complaints collects what is against a policy.
type complaints []string

func (c *complaints) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// container is the gateway's; nil in other templates.
func container(s *scenario) map[string]any {
	c, _ := s.Resources["TaskDefinition"].At("ContainerDefinitions", 0).(map[string]any)
	return c
}

func conforms(s *scenario) []string {
	c := slices.Clone(s.Mistakes)
	for id, r := range s.Resources {
		for _, said := range schemaOf(r.Type).check(r.Properties) {
			c = append(c, id+said)
		}
	}
	return c
}

// sortedPolicies are the names of the policies.
func sortedPolicies() []string { return slices.Sorted(maps.Keys(policies)) }
