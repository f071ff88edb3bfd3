package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// disagreements is all in which the root and what it nests do not fit: a template that is not nested, a parameter that is not
// passed or not there, one that the root declares in another way or does not use, an output that is not there.
func disagreements(t *testing.T, texts map[string]string) []string {
	t.Helper()
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	root := parse(t, texts[rootName])
	nested, used := map[string]tree{}, map[string]bool{"TemplateUrl": true, "Scheme": true}
	for id, r := range root.Resources {
		file := strings.TrimPrefix(text(at(r, "Properties", "TemplateURL", "Fn::Sub")), "${TemplateUrl}/")
		if _, ok := texts[file]; !ok || at(r, "Type") != "AWS::CloudFormation::Stack" {
			say("%s: nests %q", id, file)
			continue
		}
		nested[id] = parse(t, texts[file])
		passed, _ := at(r, "Properties", "Parameters").(map[string]any)
		for name := range nested[id].Parameters {
			if passed[name] == nil {
				say("%s: does not pass %s", id, name)
			}
		}
		for name, v := range passed {
			if nested[id].Parameters[name] == nil {
				say("%s: passes %s, which %s does not have", id, name, file)
			}
			from := text(at(v, "Ref"))
			if joined := text(at(v, "Fn::Join", 1, "Ref")); joined != "" {
				from = joined
			}
			if from == "" {
				continue // what another nested stack has made
			}
			used[from] = true
			if from != name {
				say("%s: passes %s as %s", id, from, name)
			}
			if diff := cmp.Diff(undescribed(nested[id].Parameters[name]), undescribed(root.Parameters[from])); diff != "" {
				say("%s is declared in another way than in %s (-%s +root):\n%s", name, file, file, diff)
			}
		}
	}
	if len(nested) != len(texts)-1 {
		say("%d nested stacks of %d templates", len(nested), len(texts)-1)
	}
	for name := range root.Parameters {
		if !used[name] {
			say("parameter %s is not used", name)
		}
	}
	walk(map[string]any{"": root.Resources, " ": root.Outputs}, func(m map[string]any) {
		if ref := text(at(m, "Fn::GetAtt", 1)); ref != "" {
			id, output := text(at(m, "Fn::GetAtt", 0)), strings.TrimPrefix(ref, "Outputs.")
			if nested[id].Outputs[output] == nil {
				say("%s has no output %s", id, output)
			}
		}
	})
	slices.Sort(said)
	return said
}

func undescribed(p any) map[string]any {
	m, _ := p.(map[string]any)
	m = maps.Clone(m)
	delete(m, "Description")
	return m
}

func allTexts(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range allNames() {
		out[name] = templateText(t, name)
	}
	return out
}

func TestRootFitsWhatItNests(t *testing.T) {
	t.Parallel()
	for _, said := range disagreements(t, allTexts(t)) {
		t.Error(said)
	}
	for _, m := range []struct{ file, old, now, says string }{
		{rootName, "        Retention: !Ref Retention\n", "", "does not pass Retention"},
		{rootName, "        Lanes: !Ref Lanes\n", "        Lanes: !Ref Lanes\n        Lines: !Ref Lanes\n", "passes Lines"},
		{rootName, "BatchSize: !Ref BatchSize", "BatchSize: !Ref ShardCount", "passes ShardCount as BatchSize"},
		{rootName, "/data.yaml", "/date.yaml", "nests \"date.yaml\""},
		{rootName, "!GetAtt Gateway.Outputs.REDURL", "!GetAtt Gateway.Outputs.RedisUrl", "Gateway has no output RedisUrl"},
		{rootName, "Parameters:\n  TemplateUrl", "Parameters:\n  Colour: {Type: String, Default: red}\n  TemplateUrl", "parameter Colour is not used"},
		{"data.yaml", "    Default: 1GiB\n", "    Default: 2GiB\n", "Budget is declared in another way"},
		{"watch.yaml", "    Default: 10000\n", "    Default: 20000\n", "MaxStreams is declared in another way"},
	} {
		texts := allTexts(t)
		if !strings.Contains(texts[m.file], m.old) {
			t.Errorf("%s: there is no %q", m.file, m.old)
		}
		texts[m.file] = strings.ReplaceAll(texts[m.file], m.old, m.now)
		if said := strings.Join(disagreements(t, texts), "\n"); !strings.Contains(said, m.says) {
			t.Errorf("%q in place of %q in %s: says %q, want %q", m.now, m.old, m.file, said, m.says)
		}
	}
}
