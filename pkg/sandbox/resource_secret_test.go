package sandbox

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const secretTemplate = `
Parameters:
  Description: {Type: String, Default: first}
  Length: {Type: Number, Default: 43}
Resources:
  Key:
    Type: AWS::SecretsManager::Secret
    Properties:
      Description: !Ref Description
      Tags: [{Key: team, Value: weather}]
      GenerateSecretString:
        PasswordLength: !Ref Length
        ExcludeCharacters: "!\"#$%&'()*,-.:;<=>?@[\\]^_{|}~` + "`" + `"
        IncludeSpace: false
        RequireEachIncludedType: false
  Login:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: app/login, GenerateSecretString: {SecretStringTemplate: '{"user":"me"}', GenerateStringKey: password, ExcludePunctuation: true}}
  Plain:
    Type: AWS::SecretsManager::Secret
    Properties: {SecretString: '{"certificate":"C","port":7}'}
Outputs:
  Key: {Value: !Ref Key}
  Login: {Value: !GetAtt Login.Id}
  Plain: {Value: !Ref Plain}
`

// TestSecretResources: what a template generates stays until what generates it changes, and the API tells it.
func TestSecretResources(t *testing.T) {
	s, cfg := running(t)
	d := deploying(t, cfg, "secrets")
	outputs := d.create(secretTemplate, nil)
	value := func(id string) string {
		t.Helper()
		text, err := s.secrets.Text(t.Context(), id, "", "")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	key := value(outputs["Key"])
	if !regexp.MustCompile(`^[A-Za-z0-9+/]{43}$`).MatchString(key) {
		t.Errorf("the key has %d characters, or others than those of base64", len(key))
	}
	if !regexp.MustCompile(`^arn:aws:secretsmanager:us-east-1:000000000000:secret:Key-[A-Z0-9]{12}-[A-Za-z0-9]{6}$`).MatchString(outputs["Key"]) {
		t.Errorf("ARN %s", outputs["Key"])
	}
	if login := value("app/login"); !regexp.MustCompile(`^\{"password":"[A-Za-z0-9]{32}","user":"me"\}$`).MatchString(login) {
		t.Errorf("a login of %d characters", len(login))
	}
	d.update(secretTemplate, map[string]string{"Description": "second"})
	if value(outputs["Key"]) != key {
		t.Error("a new description makes a new key")
	}
	d.update(secretTemplate, map[string]string{"Description": "second", "Length": "44"})
	if got := value(outputs["Key"]); got == key || len(got) != 44 {
		t.Errorf("a new length makes a key of %d characters", len(got))
	}
	d.delete()
	if _, err := s.secrets.Text(t.Context(), "app/login", "", ""); err == nil {
		t.Error("the secret is left")
	}
}

// TestSecretsAndParametersByCLI: the AWS CLI finds what a template made, and makes more.
func TestSecretsAndParametersByCLI(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed: CI runs this test")
	}
	s, cfg := running(t)
	aws := func(args ...string) string {
		t.Helper()
		return runCLI(t, cli, s.cfg.Endpoint, args...)
	}
	outputs := deploying(t, cfg, "secrets").create(secretTemplate, nil)
	var described struct {
		Description string
		Tags        []map[string]string
		ARN         string
	}
	if err := json.Unmarshal([]byte(aws("secretsmanager", "describe-secret", "--secret-id", outputs["Key"])), &described); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"first", []map[string]string{{"Key": "team", "Value": "weather"}}, outputs["Key"]},
		[]any{described.Description, described.Tags, described.ARN}); diff != "" {
		t.Error(diff)
	}
	if got := aws("secretsmanager", "get-secret-value", "--secret-id", "app/login", "--query", "SecretString", "--output", "text"); !strings.HasPrefix(got, `{"password":`) {
		t.Error("the CLI gets another value than the template made")
	}
	if v := aws("ssm", "put-parameter", "--name", "/app/size", "--value", "4", "--type", "String", "--query", "Version"); v != "1" {
		t.Errorf("version %s: want 1", v)
	}
	out := deploying(t, cfg, "sizes").create(`
Parameters: {Size: {Type: "AWS::SSM::Parameter::Value<String>", Default: /app/size}}
Resources:
  Copy: {Type: AWS::SSM::Parameter, Properties: {Name: /app/copy, Type: String, Value: !Ref Size}}
  Revealed: {Type: AWS::SSM::Parameter, Properties: {Name: /app/user, Type: String, Value: "{{resolve:secretsmanager:app/login:SecretString:user}}"}}
Outputs: {Copy: {Value: !GetAtt Copy.Value}}`, nil)
	if out["Copy"] != "4" {
		t.Errorf("the template reads %s", out["Copy"])
	}
	if user, ok, err := s.parameters.Value(t.Context(), "/app/user"); user != "me" || !ok || err != nil {
		t.Errorf("a dynamic reference to a secret is %q, %v", user, err)
	}
	if names := aws("ssm", "get-parameters-by-path", "--path", "/app", "--query", "Parameters[].Name", "--output", "text"); names != "/app/copy\t/app/size\t/app/user" {
		t.Errorf("below /app are %q", names)
	}
}
