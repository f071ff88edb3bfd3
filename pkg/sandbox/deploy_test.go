package sandbox

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/deploy/binary/binarytest"
	"github.com/spillway/spillway/pkg/deploy/console"
	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

func hostMachine() elf.Machine {
	if runtime.GOARCH == "arm64" {
		return elf.EM_AARCH64
	}
	return elf.EM_X86_64
}

// The deployer's commands, as an operator gives them, against the sandbox.
func TestDeployByTheConsole(t *testing.T) {
	s, cfg := running(t)
	dir := filepath.Join(t.TempDir(), runtime.GOARCH)
	program := binarytest.Write(t, hostMachine(), false, "")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(program, filepath.Join(dir, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL", *cfg.BaseEndpoint)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	command := func(want string, f func(*console.Console) error, more ...string) string {
		t.Helper()
		var out, surroundings bytes.Buffer
		environ := append([]string{"AWS_ENDPOINT_URL=" + *cfg.BaseEndpoint, "SPILLWAY_DEPLOY_TEMPLATE=data", "SPILLWAY_DEPLOY_BINARIES=" + filepath.Dir(dir),
			"SPILLWAY_DEPLOY_ARCHITECTURE=" + hostArchitecture(), "SPILLWAY_PARAMETER_RedisUrl=redis://127.0.0.1:1"}, more...)
		c, err := console.Open(t.Context(), console.Options{Environ: environ, Templates: templates.All, Nested: templates.Nested, Out: &out, Err: &surroundings})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(surroundings.String(), "Account 000000000000 (arn:aws:iam::000000000000:root), region us-east-1, at "+*cfg.BaseEndpoint+": stack spillway") {
			t.Errorf("it is not told where: %s", surroundings.String())
		}
		if err := f(c); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want %q", out.String(), want)
		}
		return out.String()
	}
	plan := func(c *console.Console) error { return c.Plan(t.Context()) }
	act := func(c *console.Console) error { return c.Deploy(t.Context(), false) }
	command("6 to add, 0 to change, 0 to replace, 0 to remove.", plan)
	if listed, err := s.kinesis.ListStreams(t.Context(), kinesis.ListStreamsInput{}); err != nil || len(listed.StreamNames) != 0 {
		t.Errorf("a plan made %v, %v", listed.StreamNames, err)
	}
	command("No smoke test: it needs a gateway: the stack's ELBURL or smoke.endpoint.", act)
	command("Stack spillway: no changes.", plan)
	command("MemorySize", plan, "SPILLWAY_PARAMETER_MemorySize=512")
	command("UPDATE_COMPLETE", act, "SPILLWAY_PARAMETER_MemorySize=512")
	outputs := map[string]string{}
	if err := json.Unmarshal([]byte(command("KinesisStreamName", func(c *console.Console) error { return c.Outputs(t.Context(), true) })), &outputs); err != nil {
		t.Error(err)
	}
	gone := command("Its template retained", func(c *console.Console) error { return c.Destroy(t.Context()) })
	for _, want := range []string{"Stream  AWS::Kinesis::Stream  " + outputs["KinesisStreamName"], "FailureBucket  AWS::S3::Bucket  " + outputs["FailureBucket"]} {
		if !strings.Contains(gone, want) {
			t.Errorf("destroy does not say %q: %s", want, gone)
		}
	}
}

// The image that is deployed is the one that a task can be made from, by the name that it has in AWS.
func TestDeployAnImage(t *testing.T) {
	s, cfg := running(t)
	gateway, err := image.New(image.Spec{Name: "gateway", Programs: []string{binarytest.Write(t, hostMachine(), false, "the gateway")}})
	if err != nil {
		t.Fatal(err)
	}
	const template = `
Parameters:
  ImageRepository: {Type: String}
  ImageDigest: {Type: String}
Resources:
  Log: {Type: "AWS::Logs::LogGroup"}
Outputs:
  Image: {Value: !Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/${ImageRepository}@${ImageDigest}"}
`
	for range 2 {
		out, err := deploy.Stack(t.Context(), cfg, deploy.Options{StackName: "image", TemplateBody: template, Image: gateway})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.ecr.Image(out["Image"], runtime.GOARCH)
		if err != nil || found.Digest != gateway.Digest() {
			t.Fatalf("%s: %s, %v", out["Image"], found.Digest, err)
		}
		dir := t.TempDir()
		if err := found.Unpack(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, found.Config.Entrypoint[0])); err != nil || !strings.HasSuffix(string(text), "the gateway") {
			t.Errorf("%v", err)
		}
	}
}
