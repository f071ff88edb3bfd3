package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reference is a name that an expression reads, by Ref or by Fn::GetAtt.
type reference struct {
	name      string
	attribute bool
}

func references(e expression) []reference {
	var out []reference
	walk(e, func(e expression) {
		switch f := e.(type) {
		case refFn:
			out = append(out, reference{f.name, false})
		case getAttFn:
			out = append(out, reference{f.logicalID, true})
		}
	})
	return out
}

// check proves that everything a template refers to is in it, and that resources can be put in an order.
func (t *template) check() error {
	for _, name := range slices.Sorted(maps.Keys(t.conditions)) {
		if err := t.checkCondition(t.conditions[name]); err != nil {
			return err
		}
	}
	if _, err := conditionOrder(t.conditions); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(t.resources)) {
		if err := t.checkResource(name); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.outputs)) {
		if err := t.checkOutput(name); err != nil {
			return err
		}
	}
	return t.checkCycles()
}

func (t *template) checkCondition(e expression) error {
	for _, r := range references(e) {
		if _, ok := t.parameters[r.name]; r.attribute || !ok && !isPseudo(r.name) {
			return validationError("Template format error: Unresolved dependencies [%s]. Cannot reference resources in the Conditions block of the template", clip(r.name))
		}
	}
	return t.checkConditionNames("Conditions", conditionNames(e))
}

func (t *template) checkConditionNames(block string, names []string) error {
	for _, n := range names {
		if _, ok := t.conditions[n]; !ok {
			return validationError("Template format error: Unresolved condition dependency %s in the %s block of the template", clip(n), block)
		}
	}
	return nil
}

func (t *template) checkResource(name string) error {
	d := t.resources[name]
	if !typePattern.MatchString(d.typ) {
		return unrecognizedTypes(clip(d.typ))
	}
	var used []string
	if d.condition != "" {
		used = append(used, d.condition)
	}
	if err := t.checkConditionNames("Resources", append(used, conditionNames(d.properties)...)); err != nil {
		return err
	}
	if err := t.checkReferences("Resources", d.properties); err != nil {
		return err
	}
	var missing []string
	for _, dep := range d.explicit {
		if _, ok := t.resources[dep]; !ok {
			missing = append(missing, clip(dep))
		}
	}
	if missing != nil {
		return unresolvedIn("Resources", missing...)
	}
	if (d.deletion == policySnapshot || d.updateReplace == policySnapshot) && !hasSnapshots(d.typ) {
		return validationError("Template error: resource type %s does not support deletion policy Snapshot", d.typ)
	}
	return nil
}

// hasSnapshots says whether the policy Snapshot is allowed for a type.
func hasSnapshots(typ string) bool {
	switch typ {
	case "AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster", replicationGroupType, "AWS::Neptune::DBCluster",
		"AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster":
		return true
	}
	return false
}

const replicationGroupType = "AWS::ElastiCache::ReplicationGroup"

func (t *template) checkOutput(name string) error {
	d := t.outputs[name]
	var used []string
	if d.condition != "" {
		used = append(used, d.condition)
	}
	for _, e := range []expression{d.value, d.export} {
		if err := t.checkConditionNames("Outputs", append(used, conditionNames(e)...)); err != nil {
			return err
		}
		if err := t.checkReferences("Outputs", e); err != nil {
			return err
		}
	}
	return nil
}

func (t *template) checkReferences(block string, e expression) error {
	var missing []string
	for _, r := range references(e) {
		_, isResource := t.resources[r.name]
		_, isParameter := t.parameters[r.name]
		switch {
		case r.attribute && !isResource:
			return validationError("Template error: instance of Fn::GetAtt references undefined resource %s", clip(r.name))
		case !r.attribute && !isResource && !isParameter && !isPseudo(r.name):
			missing = append(missing, clip(r.name))
		}
	}
	if missing != nil {
		return unresolvedIn(block, unique(missing)...)
	}
	return nil
}

func (t *template) checkCycles() error {
	if _, cycle := topological(slices.Sorted(maps.Keys(t.resources)), t.dependencies()); cycle != nil {
		return validationError("Circular dependency between resources: [%s]", strings.Join(cycle, ", "))
	}
	return nil
}

func (t *template) dependencies() map[string][]string {
	out := make(map[string][]string, len(t.resources))
	for name, d := range t.resources {
		out[name] = d.dependsOn
	}
	return out
}

// types lists the resource types of the template, each once, sorted.
func (t *template) types() []string {
	var out []string
	for _, d := range t.resources {
		out = append(out, d.typ)
	}
	return unique(out)
}

func unrecognizedTypes(types ...string) *apiError {
	return validationError("Template format error: Unrecognized resource types: [%s]", strings.Join(types, ", "))
}

// capabilities says which acknowledgements the template needs, and why.
func (t *template) capabilities() (needed []string, reason string) {
	var types []string
	named := false
	for _, d := range t.resources {
		property, isIAM := iamNames[d.typ]
		if !isIAM {
			continue
		}
		types = append(types, d.typ)
		if m, ok := d.properties.(mapExpr); ok && property != "" && m[property] != nil {
			named = true
		}
	}
	switch {
	case named:
		needed = append(needed, "CAPABILITY_NAMED_IAM")
	case types != nil:
		needed = append(needed, "CAPABILITY_IAM")
	}
	if t.transforms != nil {
		needed, types = append(needed, autoExpand), append(types, t.transforms...)
	}
	if needed == nil {
		return nil, ""
	}
	return needed, fmt.Sprintf("The following resource(s) require capabilities: [%s]", strings.Join(unique(types), ", "))
}
