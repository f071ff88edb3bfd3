package console

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func templates() fstest.MapFS {
	return fstest.MapFS{"all-steps.yaml": {Data: []byte("Parameters:\n  ImageDigest:\n")}, "data.yaml": {Data: []byte("Parameters:\n  CodeKey:\n    Type: String\n")}}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	host := "arm64"
	if runtime.GOARCH == "amd64" {
		host = "x86_64"
	}
	file := filepath.Join(t.TempDir(), "prod.yaml")
	text := `
stack: prod
account: "123456789012"
region: eu-west-1
parameters:
  MinTasks: 3
  Grants: a=weather.us.ny weather.us.nj
smoke:
  pattern: weather.us.ny
  data: '{"state":"ny","id":"{id}"}'
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		environ []string
		want    Settings
	}{
		{"nothing is set", nil, Settings{Stack: "spillway", Template: "all-steps", Architecture: "arm64"}},
		{"an endpoint here", []string{"AWS_ENDPOINT_URL=http://127.0.0.1:4566"}, Settings{Stack: "spillway", Template: "all-steps", Architecture: host}},
		{"a file", []string{"SPILLWAY_DEPLOY_FILE=" + file}, Settings{
			Stack: "prod", Template: "all-steps", Architecture: "arm64", Account: "123456789012", Region: "eu-west-1",
			Parameters: map[string]string{"MinTasks": "3", "Grants": "a=weather.us.ny weather.us.nj"}, Smoke: Smoke{Pattern: "weather.us.ny", Data: `{"state":"ny","id":"{id}"}`},
		}},
		{"the environment wins", []string{"SPILLWAY_DEPLOY_FILE=" + file, "SPILLWAY_DEPLOY_STACK=s", "SPILLWAY_DEPLOY_TEMPLATE=data", "SPILLWAY_DEPLOY_ARCHITECTURE=x86_64", "SPILLWAY_PARAMETER_MinTasks=4", "SPILLWAY_PARAMETER_Route=a=b"}, Settings{
			Stack: "s", Template: "data", Architecture: "x86_64", Account: "123456789012", Region: "eu-west-1",
			Parameters: map[string]string{"MinTasks": "4", "Grants": "a=weather.us.ny weather.us.nj", "Route": "a=b"}, Smoke: Smoke{Pattern: "weather.us.ny", Data: `{"state":"ny","id":"{id}"}`},
		}},
	}
	for _, tt := range tests {
		got, err := readSettings(tt.environ, templates())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreUnexported(Settings{})); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestMistakesInSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte("stak: prod\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		environ []string
		want    []string
	}{
		{"everything at once", []string{"SPILLWAY_DEPLOY_ACCOUNT=1", "SPILLWAY_DEPLOY_ARCHITECTURE=riscv", "SPILLWAY_DEPLOY_TEMPLATE=none", "SPILLWAY_DEPLOY_STAK=x"},
			[]string{`account "1"`, `architecture "riscv"`, `template "none": want one of all-steps, data`, "SPILLWAY_DEPLOY_STAK: there is no such variable"}},
		{"a field of the file", []string{"SPILLWAY_DEPLOY_FILE=" + file}, []string{"stak"}},
		{"no file", []string{"SPILLWAY_DEPLOY_FILE=/does/not/exist"}, []string{"SPILLWAY_DEPLOY_FILE: open /does/not/exist"}},
	}
	for _, tt := range tests {
		_, err := readSettings(tt.environ, templates())
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", tt.name, err, want)
			}
		}
	}
}
