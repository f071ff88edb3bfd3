package templates

import (
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/deploy/evaluate"
)

// maxInline is what CloudFormation takes inline.
const maxInline = 51_200

func TestTemplatesAreSmall(t *testing.T) {
	t.Parallel()
	for _, name := range allNames() {
		if n := len(templateText(t, name)); n > maxInline {
			t.Errorf("%s: %d bytes: more than CloudFormation takes inline", name, n)
		}
	}
}

func TestNestedIsAll(t *testing.T) {
	t.Parallel()
	entries, err := Nested.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(nestedNames)), got); diff != "" {
		t.Error(diff)
	}
	if data := templateText(t, "data.yaml"); data != Data {
		t.Error("Data is another one than the nested")
	}
}

// TestDataIsPortable: the local cloud runs the data path, so far.
func TestDataIsPortable(t *testing.T) {
	t.Parallel()
	known := []string{"AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
	for id, r := range parse(t, Data).Resources {
		if typ := text(at(r, "Type")); !slices.Contains(known, typ) {
			t.Errorf("%s: %s is not made by every local cloud", id, typ)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"data.yaml": {"EventSourceMappingId", "FailureBucket", "FunctionName", "KinesisStreamArn", "KinesisStreamName"},
		rootName: {
			"ClusterName", "CursorKeyArn", "Dashboard", "DomainEndpoint", "ELBURL", "EventSourceMappingId", "FailureBucket", "FunctionName", "KinesisStreamArn",
			"KinesisStreamName", "REDURL", "SecurityGroup", "ServiceName", "SubnetID", "UserPoolClientId", "UserPoolEndpoint", "UserPoolId", "VPCID",
		},
	} {
		got := slices.Sorted(maps.Keys(parse(t, templateText(t, name)).Outputs))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("NOT TESTED: cfn-lint is not installed, so nothing here proves the templates against AWS's rules")
	}
	args := append([]string{"--regions", "us-east-1", "--"}, allNames()...)
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRedisHoldsTheBudget: a full Redis makes the consumer wait, so what is built by default has to hold what the log may.
func TestRedisHoldsTheBudget(t *testing.T) {
	t.Parallel()
	memory := map[string]float64{"cache.t4g.micro": 0.5, "cache.t4g.small": 1.37, "cache.t4g.medium": 3.09} // GiB, of the price list
	node, _ := parse(t, templateText(t, "gateway.yaml")).Default("RedisNodeType")
	budget, _ := parse(t, Data).Default("Budget")
	gib, err := strconv.ParseFloat(strings.TrimSuffix(budget, "GiB"), 64)
	if err != nil {
		t.Fatal(err)
	}
	if gib > memory[node]/3 {
		t.Errorf("%s has %v GiB: less than three times the budget of %s", node, memory[node], budget)
	}
}

// TestParametersAreRefused: what would be left aside in silence, or fail late, is refused before anything is made.
func TestParametersAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, name, value, says string }{
		{"gateway.yaml", "TlsClientCertificates", "true", "TlsClientCertificates needs TlsAt to be gateway"},
		{"gateway.yaml", "CertificateArn", "", "CertificateArn"},
		{"gateway.yaml", "ImageDigest", "latest", "ImageDigest"},
		{"gateway.yaml", "DrainWindow", "101s", "DrainWindow"},
		{"gateway.yaml", "DrainWindow", "2m", "DrainWindow"},
		{"network.yaml", "ClientCidr", "anybody", "ClientCidr"},
		{"cognito.yaml", "Customers", "news-channel", "Customers"},
		{"cognito.yaml", "Grants", "newschannel", "Grants"},
		{"cognito.yaml", "Grants", "a=b/c", "Grants"},
		{"cognito.yaml", "Patterns", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "Patterns"},
		{rootName, "TemplateUrl", "https://templates.example/", "TemplateUrl"},
	} {
		s, err := evaluate.Under(tt.file, templateText(t, tt.file), map[string]string{tt.name: tt.value}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(s.Mistakes, "; "); !strings.Contains(said, tt.says) {
			t.Errorf("%s=%s is taken (%s)", tt.name, tt.value, said)
		}
	}
}
