package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrecedence: a flag wins over a variable, a variable over the file.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wrong := "clientId: news\nclientSecret: s3cret\ntokenUrl: http://127.0.0.1:1/none\nserviceEndpoint: 127.0.0.1:1\n"
	path := write(t, filepath.Join(t.TempDir(), "customer.yaml"), wrong, 0o600)
	env := map[string]string{"SPILLWAY_TOKEN_URL": c.tokenURL, "SPILLWAY_ENDPOINT": "127.0.0.1:2"}
	got := spillway(t.Context(), env, "", "access", "--config", path, "--endpoint", c.endpoint)
	if got.err != nil || !strings.HasPrefix(got.stdout, "client     news\n") || got.stderr != "" {
		t.Errorf("%+v", got)
	}
}

func TestDefaultFiles(t *testing.T) {
	c := newCloud(t)
	t.Chdir(t.TempDir())
	text := "clientId: news\nclientSecret: s3cret\ntokenUrl: " + c.tokenURL + "\nserviceEndpoint: " + c.endpoint + "\nplaintext: true\n"
	if err := os.Mkdir(".spillway", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, localProperties, text, 0o600)
	if got := spillway(t.Context(), nil, "", "access"); got.err != nil || got.stderr != "" {
		t.Errorf("the local stack's file: %+v", got)
	}
	write(t, propertiesName, strings.Replace(text, "s3cret", "wrong", 1), 0o644)
	got := spillway(t.Context(), nil, "", "access")
	if got.exit != exitDenied {
		t.Errorf("./%s does not come first: %+v", propertiesName, got)
	}
	if want := "spillway: warning: properties.yaml holds a client secret and other users may read it: chmod 600 it\n"; got.stderr != want {
		t.Errorf("stderr = %q, want %q", got.stderr, want)
	}
}

// TestPlaintextOfTheFile: it goes with the file's endpoint and with no other one.
func TestPlaintextOfTheFile(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "p.yaml"), "clientId: news\nclientSecret: s3cret\ntokenUrl: https://auth.example.com/token\n"+
		"serviceEndpoint: local.example.com:8443\nplaintext: true\n", 0o600)
	tests := []struct {
		name string
		env  map[string]string
		args []string
		want bool
	}{
		{"its own endpoint", nil, nil, true},
		{"its own endpoint by a flag", nil, []string{"--endpoint", "local.example.com:8443"}, true},
		{"another one by a flag", nil, []string{"--endpoint", "events.example.com:443"}, false},
		{"another one by a variable", map[string]string{"SPILLWAY_ENDPOINT": "events.example.com:443"}, nil, false},
		{"another one, and plaintext by a flag", nil, []string{"--endpoint", "events.example.com:443", "--plaintext"}, true},
		{"its own endpoint, and TLS by a flag", nil, []string{"--plaintext=false"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &program{getenv: func(name string) string { return tt.env[name] }}
			cmd := p.accessCommand()
			cmd.Flags().String("config", path, "")
			if err := cmd.ParseFlags(tt.args); err != nil {
				t.Fatal(err)
			}
			settings, err := p.settings(cmd)
			if err != nil {
				t.Fatal(err)
			}
			config, errs := settings.gateway()
			if config.Plaintext != tt.want || errs != nil {
				t.Errorf("plaintext %v, errors %v, want %v", config.Plaintext, errs, tt.want)
			}
		})
	}
}

func TestAMistakeIsToldOnce(t *testing.T) {
	t.Parallel()
	env := map[string]string{"SPILLWAY_TOKEN": "gar bage", "SPILLWAY_ENDPOINT": "127.0.0.1:1"}
	for _, command := range []string{"access", "subscribe", "token"} {
		got := spillway(t.Context(), env, "", command)
		if want := "token must be printable ASCII without spaces"; got.exit != exitUsage || got.err.Error() != want {
			t.Errorf("%s: exit %d, %v, want %q", command, got.exit, got.err, want)
		}
	}
}

func TestTheLocalStackIsDown(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir(".spillway", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"access"}, {"subscribe"}, {"token"}, {"produce", "--key", "a"}} {
		got := spillway(t.Context(), nil, "", args...)
		if want := "no local stack runs here: go tool mage up; or name another one's file by --config"; got.exit != exitUsage || got.err.Error() != want {
			t.Errorf("%v: exit %d, %v, want %q", args, got.exit, got.err, want)
		}
	}
	got := spillway(t.Context(), map[string]string{"SPILLWAY_ENDPOINT": "127.0.0.1:1"}, "", "access")
	if got.exit != exitUsage || !strings.HasPrefix(got.err.Error(), "3 mistakes in the configuration:\n  - the client id is missing") {
		t.Errorf("with a gateway of one's own: exit %d, %v", got.exit, got.err)
	}
}

func TestEveryMistakeIsListed(t *testing.T) {
	t.Chdir(t.TempDir())
	env := map[string]string{"SPILLWAY_PLAINTEXT": "perhaps", "SPILLWAY_TOKEN_URL": "http://auth.example.com/token", "SPILLWAY_CA_FILE": "none.pem"}
	got := spillway(t.Context(), env, "", "access")
	if got.exit != exitUsage {
		t.Fatalf("%+v", got)
	}
	want := `6 mistakes in the configuration:
  - the client id is missing: give it by --client-id, SPILLWAY_CLIENT_ID or clientId in properties.yaml
  - the client secret is missing: give it by SPILLWAY_CLIENT_SECRET, SPILLWAY_CLIENT_SECRET_FILE, clientSecret or clientSecretFile in properties.yaml
  - the endpoint is missing: give it by --endpoint, SPILLWAY_ENDPOINT or serviceEndpoint in properties.yaml
  - plaintext is "perhaps", must be true or false
  - CA file: open none.pem: no such file or directory
  - token URL "http://auth.example.com/token" must be https, or http on loopback: it is sent the client's secret`
	if diff := cmp.Diff(want, got.err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseProperties(t *testing.T) {
	t.Parallel()
	got, err := parseProperties([]byte("clientId: abc # a comment\nscopes: [s/a, s/b]\nplaintext: false\nregion:\n"))
	want := properties{"clientId": "abc", "scopes": "s/a s/b", "plaintext": "false", "region": ""}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("err %v (-want +got):\n%s", err, diff)
	}
}

func TestPropertiesRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, says string }{
		{"unknown keys", "clientID: a\nsecret: b\n", "key \"clientID\" is unknown; the known ones are serviceEndpoint, clientId, clientSecret, clientSecretFile, tokenUrl, scopes, caFile, certFile, keyFile, plaintext, streamName, kinesisEndpoint, region, userPoolId, cognitoEndpoint\nkey \"secret\" is unknown"},
		{"a nested value", "clientId: {a: b}\n", "key clientId must have a text"},
		{"no mapping", "- a\n", "must be YAML"},
		{"no YAML", "a: [\n", "must be YAML"},
		{"too large", strings.Repeat("# comment\n", 7000), "is larger than 65536 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, filepath.Join(t.TempDir(), "p.yaml"), tt.text, 0o600)
			got := spillway(t.Context(), nil, "", "access", "--config", path)
			if got.exit != exitUsage || !strings.Contains(got.err.Error(), path) || !strings.Contains(got.err.Error(), tt.says) {
				t.Errorf("exit %d, %v, want %q", got.exit, got.err, tt.says)
			}
		})
	}
	if got := spillway(t.Context(), nil, "", "access", "--config", "/nonexistent.yaml"); got.exit != exitUsage {
		t.Errorf("a file that is not there: %+v", got)
	}
}

func TestCAFileIsRelativeToItsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "p.yaml"), "caFile: ca.pem\n", 0o600)
	got := spillway(t.Context(), nil, "", "access", "--config", path)
	if got.err == nil || !strings.Contains(got.err.Error(), "open "+filepath.Join(dir, "ca.pem")) {
		t.Errorf("%v", got.err)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	if got := spillway(t.Context(), nil, "", "subscrib"); got.exit != exitUsage || got.err.Error() != `unknown command "subscrib"; spillway --help lists the commands` {
		t.Errorf("%+v", got)
	}
	if got := spillway(t.Context(), nil, "", "--help"); got.err != nil || !strings.Contains(got.stdout, "subscribe") || !strings.Contains(got.stdout, "produce") {
		t.Errorf("%+v", got)
	}
}

func FuzzParseProperties(f *testing.F) {
	for _, seed := range []string{"", "clientId: a\n", "scopes: [a, b]\n", "a: &x [*x]\n", "- 1\n", "clientId: 1\n", "\x00", "? {a: b}\n: c\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parseProperties([]byte(text))
		if err != nil {
			return
		}
		for key := range file {
			if !strings.Contains(strings.Join(knownKeys(), " "), key) {
				t.Errorf("key %q", key)
			}
		}
	})
}
