package templates

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// decided are variables of the gateway that the template decides, by what it makes or by another parameter, and why the value is
// not the program's default. "" is one that is not set.
var decided = map[string]string{
	"SPILLWAY_REDIS_URL":          "Redis is made here",
	"SPILLWAY_ISSUER":             "has no default",
	"SPILLWAY_LISTEN":             "the load balancer comes from outside of the task",
	"SPILLWAY_ADMIN_LISTEN":       "so do health checks, without the PROXY protocol",
	"SPILLWAY_CURSOR_KEY":         "a secret that is made here",
	"SPILLWAY_TLS_CERT":           "a secret",
	"SPILLWAY_TLS_KEY":            "a secret",
	"SPILLWAY_TLS_CLIENT_CA":      "a secret",
	"SPILLWAY_PLAINTEXT":          "follows TlsAt",
	"SPILLWAY_PROXY_PROTOCOL":     "a parameter; behind a load balancer limits of addresses need it",
	"SPILLWAY_METRICS_SERVICE":    "scaling and alarms need it",
	"SPILLWAY_JWKS_URL":           "",
	"SPILLWAY_JWKS_INSECURE":      "",
	"SPILLWAY_TLS_CERT_FILE":      "",
	"SPILLWAY_TLS_KEY_FILE":       "",
	"SPILLWAY_TLS_CLIENT_CA_FILE": "",
	"SPILLWAY_POLICY_FILE":        "",
}

// TestGatewayVariables: every other variable is a parameter with the program's own default.
func TestGatewayVariables(t *testing.T) {
	t.Parallel()
	d := parse(t, templateText(t, "gateway.yaml"))
	want, got := declared(t, "../cmd/gateway/settings.go"), map[string]string{}
	set := map[string]bool{}
	walk(d.Resources["TaskDefinition"], func(m map[string]any) {
		name := text(m["Name"])
		if !strings.HasPrefix(name, "SPILLWAY_") {
			return
		}
		set[name] = true
		if _, ok := want[name]; !ok {
			t.Errorf("the gateway does not know %s", name)
		}
		if decided[name] == "" {
			got[name], _ = d.Default(text(at(m, "Value", "Ref")))
		}
	})
	for name, why := range decided {
		if _, ok := want[name]; !ok || set[name] != (why != "") {
			t.Errorf("%s: known to the gateway %v, set %v, decided here because %q", name, ok, set[name], why)
		}
		delete(want, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables and defaults (-gateway +template):\n%s", diff)
	}
}

// TestConsumerVariables compares the function's variables and their defaults with those the consumer's own source declares.
func TestConsumerVariables(t *testing.T) {
	t.Parallel()
	d := parse(t, Data)
	got := map[string]string{}
	variables, _ := at(d.Resources["Consumer"], "Properties", "Environment", "Variables").(map[string]any)
	for name, v := range variables {
		got[name], _ = d.Default(text(at(v, "Ref")))
	}
	if diff := cmp.Diff(declared(t, "../pkg/ingest/settings/consumer.go"), got); diff != "" {
		t.Errorf("variables and defaults (-consumer +template):\n%s", diff)
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
