package mockcognito

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// stock is a program that is installed, or the test ends: it fails on CI, where nothing may be left out.
func stock(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed: that it works with mockcognito is not tested here", name)
	return ""
}

// aws runs the AWS CLI and returns what it prints, or what it says is wrong.
func (w world) aws(t *testing.T, cli string, args ...string) (string, bool) {
	t.Helper()
	args = append([]string{"--cli-read-timeout", "0", "--endpoint-url", w.url, "--region", "us-east-1", "--output", "json", "cognito-idp"}, args...)
	cmd := exec.CommandContext(t.Context(), cli, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stderr.String(), false
	}
	return stdout.String(), true
}

// TestStockCLI makes a pool with all that belongs to it by the AWS CLI, and gets tokens from it by curl and by x/oauth2.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli := stock(t, "aws")
	w := newEmptyWorld(t)
	must := func(args ...string) map[string]map[string]any {
		t.Helper()
		out, ok := w.aws(t, cli, args...)
		if !ok {
			t.Fatalf("aws cognito-idp %s: %s", strings.Join(args, " "), out)
		}
		var m map[string]map[string]any
		if out != "" {
			if err := json.Unmarshal([]byte(out), &m); err != nil {
				t.Fatalf("aws cognito-idp %s: %q: %v", strings.Join(args, " "), out, err)
			}
		}
		return m
	}
	id, _ := must("create-user-pool", "--pool-name", "weather")["UserPool"]["Id"].(string)
	must("create-user-pool-domain", "--user-pool-id", id, "--domain", "spillway")
	must("create-resource-server", "--user-pool-id", id, "--identifier", "spillway", "--name", "Spillway events",
		"--scopes", "ScopeName=weather.us.ny,ScopeDescription=New York", "ScopeName=weather.us.>,ScopeDescription=All")
	c := must("create-user-pool-client", "--user-pool-id", id, "--client-name", "news", "--generate-secret", "--allowed-o-auth-flows", "client_credentials",
		"--allowed-o-auth-flows-user-pool-client", "--allowed-o-auth-scopes", "spillway/weather.us.ny", "spillway/weather.us.>",
		"--access-token-validity", "10", "--token-validity-units", "AccessToken=minutes")["UserPoolClient"]
	client, _ := c["ClientId"].(string)
	secret, _ := c["ClientSecret"].(string)
	out, ok := w.aws(t, cli, "describe-user-pool-client", "--user-pool-id", id, "--client-id", "none")
	if want := "An error occurred (ResourceNotFoundException) when calling the DescribeUserPoolClient operation: User pool client none does not exist."; ok || strings.TrimSpace(out) != want {
		t.Errorf("an unknown client: %q, want %q", out, want)
	}
	t.Run("x/oauth2", func(t *testing.T) { oauth2Client(t, w, id, client, secret) })
	t.Run("curl", func(t *testing.T) { curlClient(t, w, client, secret) })
}

// oauth2Client gets a token, by header and by body, and verifies it.
func oauth2Client(t *testing.T, w world, pool, id, secret string) {
	for style, in := range map[oauth2.AuthStyle]string{oauth2.AuthStyleInHeader: "header", oauth2.AuthStyleInParams: "body"} {
		cfg := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: w.url + "/spillway/oauth2/token", AuthStyle: style, Scopes: []string{"spillway/weather.us.>"}}
		token, err := cfg.Token(t.Context())
		if err != nil {
			t.Fatalf("secret in the %s: %v", in, err)
		}
		claims := jwt.MapClaims{}
		keys := poolVerifier(t, w.url, pool)
		if _, err := jwt.ParseWithClaims(token.AccessToken, claims, keys.Keyfunc, jwt.WithIssuer(defaultIssuer(pool))); err != nil {
			t.Errorf("secret in the %s: %v", in, err)
		}
		if claims["scope"] != "spillway/weather.us.>" || claims["client_id"] != id || token.TokenType != "Bearer" {
			t.Errorf("secret in the %s: %v", in, claims)
		}
	}
}

func curlClient(t *testing.T, w world, id, secret string) {
	curl := stock(t, "curl")
	for name, args := range map[string][]string{
		"header": {"-u", id + ":" + secret, "-d", "grant_type=client_credentials"},
		"body":   {"-d", "grant_type=client_credentials", "--data-urlencode", "client_id=" + id, "--data-urlencode", "client_secret=" + secret},
	} {
		args = append([]string{"-sS", "-q", "--noproxy", "*", "-w", "\n%{http_code} %{content_type}", w.url + "/oauth2/token"}, args...)
		out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v %s", name, err, out)
		}
		body, status, _ := strings.Cut(string(out), "\n")
		if status != "200 application/json;charset=UTF-8" || !strings.HasSuffix(body, `","expires_in":600,"token_type":"Bearer"}`) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// TestStockCLIRotatesSecrets needs a CLI that knows the operations.
func TestStockCLIRotatesSecrets(t *testing.T) {
	t.Parallel()
	cli := stock(t, "aws")
	w := newWorld(t, Config{})
	out, ok := w.aws(t, cli, "add-user-pool-client-secret", "--user-pool-id", testPoolID, "--client-id", testClientID)
	if strings.Contains(out, "nvalid choice") {
		t.Skip("the AWS CLI is too old for add-user-pool-client-secret: that it works is not tested here")
	}
	if !ok || !strings.Contains(out, `"ClientSecretValue"`) {
		t.Fatalf("add-user-pool-client-secret: %s", out)
	}
	out, ok = w.aws(t, cli, "list-user-pool-client-secrets", "--user-pool-id", testPoolID, "--client-id", testClientID)
	if !ok || strings.Count(out, `"ClientSecretId"`) != 2 || strings.Contains(out, "ClientSecretValue") {
		t.Errorf("list-user-pool-client-secrets: %s", out)
	}
}
