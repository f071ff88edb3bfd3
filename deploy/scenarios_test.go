package templates

import "testing"

func allNames() []string { return append([]string{rootName}, nestedNames...) }

// TestScenariosMeetEveryCondition: what no scenario has, no policy looks at.
func TestScenariosMeetEveryCondition(t *testing.T) {
	t.Parallel()
	for _, name := range allNames() {
		met, unmet := map[string]bool{}, map[string]bool{}
		for _, s := range scenariosOf(t, name, templateText(t, name)) {
			for id, holds := range s.Conditions {
				met[id] = met[id] || holds
				unmet[id] = unmet[id] || !holds
			}
		}
		for id := range met {
			if !met[id] || !unmet[id] {
				t.Errorf("%s: condition %s is met %v, unmet %v", name, id, met[id], unmet[id])
			}
		}
	}
}
