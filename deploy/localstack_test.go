package templates

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// localStackTypes are the resource types of our templates and beside that CloudFormation of LocalStack 4.14 makes. It
// reports every other one as created, and every reference to it is the string "unknown".
var localStackTypes = []string{
	"AWS::CertificateManager::Certificate", "AWS::CloudFormation::Stack", "AWS::CloudWatch::Alarm", "AWS::EC2::InternetGateway",
	"AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet",
	"AWS::EC2::VPC", "AWS::EC2::VPCEndpoint", "AWS::ECR::Repository", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role",
	"AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer", "AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping",
	"AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::Lambda::Version", "AWS::Logs::LogGroup",
	"AWS::Route53::RecordSet", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SSM::Parameter",
	"AWS::SecretsManager::Secret",
}

// The data path can be deployed to LocalStack: it has every type, and starts where LocalStack's mappings do as they should.
func TestDataRunsOnLocalStack(t *testing.T) {
	t.Parallel()
	if missing := missingOnLocalStack(parse(t, templateText(t, "data.yaml"))); missing != nil {
		t.Errorf("LocalStack does not make %s", strings.Join(missing, ", "))
	}
	mapping := parse(t, templateText(t, "data.yaml")).Resources["ConsumerMapping"]
	if start := text(at(mapping, "Properties", "StartingPosition")); start != "TRIM_HORIZON" {
		t.Errorf("the mapping starts at %s; LocalStack passes a wrong parameter for AT_TIMESTAMP", start)
	}
	// The list is of use: it tells the templates that cannot be tried there.
	if missing := missingOnLocalStack(parse(t, templateText(t, "gateway.yaml"))); !slices.Contains(missing, "AWS::ECS::Service") {
		t.Errorf("of gateway.yaml LocalStack is said to lack only %v", missing)
	}
}

func missingOnLocalStack(d tree) []string {
	var missing []string
	for _, resource := range d.Resources {
		if kind := text(at(resource, "Type")); !slices.Contains(localStackTypes, kind) {
			missing = append(missing, kind)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// The hook prepares, then deploys, to the LocalStack that runs it; a failure is the hook's.
func TestReadyHook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const program = `#!/bin/sh
echo "$1 $SPILLWAY_PROVISION_AWS $SPILLWAY_PROVISION_BOOTSTRAP"
test "$1" != "$FAILING"
`
	if err := os.WriteFile(filepath.Join(dir, "provision"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	line := func(argument string) string {
		return argument + " http://127.0.0.1:4566 " + filepath.Join(dir, "bootstrap") + "\n"
	}
	for _, tt := range []struct{ failing, want string }{
		{"", line("prepare") + line("deploy")},
		{"prepare", line("prepare")},
		{"deploy", line("prepare") + line("deploy")},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "../localstack/ready.d/deploy.sh")
		cmd.Env = append(os.Environ(), "SPILLWAY_PROGRAMS="+dir, "FAILING="+tt.failing)
		out, err := cmd.Output()
		if string(out) != tt.want || (err == nil) != (tt.failing == "") {
			t.Errorf("failing %q: %q, %v, want %q", tt.failing, out, err, tt.want)
		}
	}
}
