package console

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the settings say of how customers come in wins over the outputs, which know names that a certificate does not have.
func TestDeployment(t *testing.T) {
	const stack = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>` +
		`<member><OutputKey>ELBURL</OutputKey><OutputValue>elb:443</OutputValue></member>` +
		`<member><OutputKey>DomainEndpoint</OutputKey><OutputValue>https://domain/oauth2/token</OutputValue></member>` +
		`</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") == "GetCallerIdentity" {
			fmt.Fprint(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
			return
		}
		fmt.Fprint(w, stack)
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	file := filepath.Join(t.TempDir(), "prod.yaml")
	if err := os.WriteFile(file, []byte("smoke: {endpoint: 'events.example.com:443', tokenUrl: 'http://127.0.0.1/token'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, endpoint, tokenURL string
		environ                  []string
	}{
		{"the outputs", "elb:443", "https://domain/oauth2/token", nil},
		{"the settings", "events.example.com:443", "http://127.0.0.1/token", []string{"SPILLWAY_DEPLOY_FILE=" + file}},
	} {
		var shown bytes.Buffer
		environ := append([]string{"AWS_ENDPOINT_URL=" + server.URL, "SPILLWAY_DEPLOY_STACK=s", "SPILLWAY_CA_FILE=ca.pem"}, tt.environ...)
		c, err := Open(t.Context(), Options{Environ: environ, Templates: templates(), Out: &shown, Err: &shown})
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.Deployment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d.Stack != "s" || d.Endpoint != tt.endpoint || d.TokenURL != tt.tokenURL || d.CAFile != "ca.pem" || d.Config.Region != "us-east-1" {
			t.Errorf("%s: stack %s in %q, gateway %s, tokens %s, authority %s", tt.name, d.Stack, d.Config.Region, d.Endpoint, d.TokenURL, d.CAFile)
		}
		for _, want := range []string{"123456789012", "us-east-1", server.URL, "stack s"} {
			if !strings.Contains(shown.String(), want) {
				t.Errorf("%s: shown is %q, want %q", tt.name, shown.String(), want)
			}
		}
	}
}
