package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// document is a template as a policy sees it: functions are reduced to their arguments.
type document struct {
	Parameters map[string]parameter `yaml:"Parameters"`
	Resources  map[string]resource  `yaml:"Resources"`
	Outputs    map[string]yaml.Node `yaml:"Outputs"`
}

type parameter struct {
	Default string `yaml:"Default"`
}

type resource struct {
	Type                string    `yaml:"Type"`
	DeletionPolicy      string    `yaml:"DeletionPolicy"`
	UpdateReplacePolicy string    `yaml:"UpdateReplacePolicy"`
	Properties          yaml.Node `yaml:"Properties"`
}

func read(t *testing.T, text string) document {
	t.Helper()
	var d document
	if err := yaml.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Parameters) == 0 || len(d.Resources) == 0 {
		t.Fatal("nothing was read: every policy would hold")
	}
	return d
}

// each visits every key and value below n.
func each(n *yaml.Node, visit func(key string, value *yaml.Node)) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			visit(c.Value, n.Content[i+1])
		}
		each(c, visit)
	}
}

func TestDataIsPortable(t *testing.T) {
	t.Parallel()
	if len(Data) > 51_200 {
		t.Errorf("%d bytes: more than CloudFormation takes inline", len(Data))
	}
	d := read(t, Data)
	known := []string{"AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
	for id, r := range d.Resources {
		if !slices.Contains(known, r.Type) {
			t.Errorf("%s: %s is not made by every local cloud", id, r.Type)
		}
	}
}

func TestNothingHasAPhysicalName(t *testing.T) {
	t.Parallel()
	names := map[string]string{
		"AWS::Kinesis::Stream": "Name", "AWS::S3::Bucket": "BucketName", "AWS::Logs::LogGroup": "LogGroupName", "AWS::IAM::Role": "RoleName", "AWS::Lambda::Function": "FunctionName",
	}
	for id, r := range read(t, Data).Resources {
		var properties map[string]yaml.Node
		if err := r.Properties.Decode(&properties); err != nil {
			t.Fatal(err)
		}
		if _, named := properties[names[r.Type]]; named {
			t.Errorf("%s has the physical name %s", id, names[r.Type])
		}
	}
}

func TestDataIsRetained(t *testing.T) {
	t.Parallel()
	stateful := []string{"AWS::Kinesis::Stream", "AWS::S3::Bucket"}
	for id, r := range read(t, Data).Resources {
		if slices.Contains(stateful, r.Type) && (r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain") {
			t.Errorf("%s: DeletionPolicy %q, UpdateReplacePolicy %q, want Retain", id, r.DeletionPolicy, r.UpdateReplacePolicy)
		}
	}
}

func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	allowed := []string{"ListStreams", "NetworkInterfaces"} // actions that know no resource
	for id, r := range read(t, Data).Resources {
		each(&r.Properties, func(key string, value *yaml.Node) {
			if key != "Statement" {
				return
			}
			for _, statement := range value.Content {
				sid, wide := "", false
				each(statement, func(key string, value *yaml.Node) {
					switch key {
					case "Sid":
						sid = value.Value
					case "Resource":
						wide = value.Value == "*"
					case "Action":
						if strings.Contains(value.Value, "*") {
							t.Errorf("%s: action %s", id, value.Value)
						}
					}
				})
				if wide && !slices.Contains(allowed, sid) {
					t.Errorf("%s: statement %q is for every resource", id, sid)
				}
			}
		})
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	want := []string{"EventSourceMappingId", "FailureBucket", "FunctionName", "KinesisStreamArn", "KinesisStreamName"}
	var got []string
	for name := range read(t, Data).Outputs {
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestConsumerVariables compares the function's variables and their defaults with those the consumer's own source declares.
func TestConsumerVariables(t *testing.T) {
	t.Parallel()
	d := read(t, Data)
	got := map[string]string{}
	function := d.Resources["Consumer"].Properties
	each(&function, func(key string, value *yaml.Node) {
		if strings.HasPrefix(key, "SPILLWAY_") {
			got[key] = d.Parameters[value.Value].Default
		}
	})
	if diff := cmp.Diff(declared(t, "../pkg/ingest/settings/consumer.go"), got); diff != "" {
		t.Errorf("variables and defaults (-consumer +template):\n%s", diff)
	}
}

// TestParallelization: the consumer must know what the mapping does.
func TestParallelization(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for id, r := range read(t, Data).Resources {
		each(&r.Properties, func(key string, value *yaml.Node) {
			if key == "ParallelizationFactor" || key == "SPILLWAY_PARALLELIZATION" {
				found[id+" "+key] = value.Tag + " " + value.Value
			}
		})
	}
	want := map[string]string{
		"Consumer SPILLWAY_PARALLELIZATION":     "!Ref ParallelizationFactor",
		"ConsumerMapping ParallelizationFactor": "!Ref ParallelizationFactor",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

// declared reads env and envDefault tags.
func declared(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		raw, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		tag := reflect.StructTag(raw)
		if name, _, _ := strings.Cut(tag.Get("env"), ","); name != "" {
			out[name] = tag.Get("envDefault")
		}
		return true
	})
	return out
}

func TestLint(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("NOT TESTED: cfn-lint is not installed, so nothing here proves the template against AWS's rules")
	}
	if out, err := exec.CommandContext(t.Context(), path, "--regions", "us-east-1", "--", "data.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
