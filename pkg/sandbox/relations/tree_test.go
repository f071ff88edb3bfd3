package relations_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/relations"
)

const (
	region  = "us-east-1"
	account = "000000000000"
)

// edit replaces a text in a template of deploy, everywhere.
type edit struct{ file, old, new string }

// edited are the templates with edits, by their names.
type edited map[string]string

func edits(t *testing.T, all ...edit) edited {
	t.Helper()
	files := edited{"all-steps.yaml": templates.AllSteps}
	names, err := fs.Glob(templates.Nested, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(templates.Nested, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	for _, e := range all {
		if !strings.Contains(files[e.file], e.old) {
			t.Fatalf("%s has no %q", e.file, e.old)
		}
		files[e.file] = strings.ReplaceAll(files[e.file], e.old, e.new)
	}
	return files
}

// ReadObject implements cloudformation.ObjectReader.
func (e edited) ReadObject(_ context.Context, _, key string) (io.ReadCloser, error) {
	text, ok := e[path.Base(key)]
	if !ok {
		return nil, fmt.Errorf("no template %s", key)
	}
	return io.NopCloser(bytes.NewReader([]byte(text))), nil
}

// nothing is a provisioner that is never asked for anything.
type nothing struct{}

var errAsked = errors.New("asked to provision")

func (nothing) Create(context.Context, cloudformation.Request) (cloudformation.Result, error) {
	return cloudformation.Result{}, errAsked
}

func (nothing) Update(context.Context, cloudformation.Request) (cloudformation.Result, error) {
	return cloudformation.Result{}, errAsked
}
func (nothing) Delete(context.Context, cloudformation.Request) error { return nil }

// engine evaluates templates, and makes nothing of them. It is for one goroutine.
type engine struct {
	client *cfn.Client
	files  edited
	tree   *cloudformation.Tree
}

// ReadObject implements cloudformation.ObjectReader.
func (e *engine) ReadObject(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	return e.files.ReadObject(ctx, bucket, key)
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	e := &engine{}
	provisioners := map[string]cloudformation.Provisioner{}
	for _, text := range edits(t) {
		for _, m := range regexp.MustCompile(`Type: (AWS::[A-Za-z0-9]+::[A-Za-z0-9]+)`).FindAllStringSubmatch(text, -1) {
			if m[1] != "AWS::CloudFormation::Stack" {
				provisioners[m[1]] = nothing{}
			}
		}
	}
	s, err := cloudformation.New(cloudformation.Config{
		Region: region, AccountID: account, Provisioners: provisioners, Templates: e,
		Check: func(got cloudformation.Tree) []cloudformation.Finding {
			e.tree = &got
			return []cloudformation.Finding{{Path: "Tree", Message: "is seen", Rule: "test"}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	e.client = cfn.New(cfn.Options{Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("x", "y", "")})
	return e
}

// treeOf is the tree that the engine makes of all-steps.yaml.
func (e *engine) treeOf(t *testing.T, files edited, parameters map[string]string) cloudformation.Tree {
	t.Helper()
	var given []types.Parameter
	for _, k := range slices.Sorted(maps.Keys(parameters)) {
		given = append(given, types.Parameter{ParameterKey: aws.String(k), ParameterValue: aws.String(parameters[k])})
	}
	e.files, e.tree = files, nil
	_, err := e.client.CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: aws.String("all"), TemplateURL: aws.String("https://templates.s3.us-east-1.amazonaws.com/x/all-steps.yaml"), Parameters: given,
		Capabilities: []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityAutoExpand},
	})
	if e.tree == nil {
		t.Fatalf("the tree is not seen: %v", err)
	}
	return *e.tree
}

// given are the parameters of all-steps.yaml that have no default, and some more.
func given(more map[string]string) map[string]string {
	all := map[string]string{
		"TemplateUrl": "https://templates.s3.us-east-1.amazonaws.com/x", "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
		"ImageRepository": "gateway", "ImageDigest": "sha256:" + strings.Repeat("0", 64), "CodeBucket": "code", "CodeKey": "k",
	}
	maps.Copy(all, more)
	if all["TlsAt"] == "gateway" {
		all["CertificateArn"] = "arn:aws:secretsmanager:us-east-1:000000000000:secret:tls-AbCdEf"
	}
	return all
}

// TestProductionTemplates: in none of its forms has what is deployed a relation that does not hold.
func TestProductionTemplates(t *testing.T) {
	e, files := newEngine(t), edits(t)
	for _, redis := range []string{"serverless", "replication-group", "fargate"} {
		for _, egress := range []string{"nat-per-az", "nat-single", "public-ip"} {
			for i, form := range []map[string]string{
				{},
				{"InterfaceEndpoints": "true", "TlsAt": "gateway", "ProxyProtocol": "false"},
				{"Scheme": "internet-facing", "ClientCidr": "0.0.0.0/0", "ListenPort": "8443"},
			} {
				t.Run(fmt.Sprintf("%s/%s/%d", redis, egress, i), func(t *testing.T) {
					form = maps.Clone(form)
					form["RedisMode"], form["Egress"] = redis, egress
					tree := e.treeOf(t, files, given(form))
					if len(tree.Resources) < 60 {
						t.Errorf("the tree has only %d resources", len(tree.Resources))
					}
					for _, f := range relations.Check(region, account, tree) {
						t.Error(f)
					}
				})
			}
		}
	}
}
