package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/mockcognito"
)

// userPool is a pool with a customer of a template, and the environment of who runs it.
func userPool(t *testing.T) map[string]string {
	t.Helper()
	const id = "us-east-1_Test00001"
	server, err := mockcognito.New(mockcognito.Config{Pools: []mockcognito.Pool{{
		ID: id, Name: "spillway", ResourceServers: []mockcognito.ResourceServer{{Identifier: "spillway", Scopes: []string{"weather.us.>"}}},
		Clients: []mockcognito.Client{{Name: "institute", Scopes: []string{"spillway/weather.us.>"}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return map[string]string{"SPILLWAY_USER_POOL_ID": id, "AWS_ENDPOINT_URL": web.URL}
}

// customer runs an admin customer command that has to succeed.
func customer(t *testing.T, env map[string]string, args ...string) result {
	t.Helper()
	got := spillway(t.Context(), env, "", append([]string{"admin", "customer"}, args...)...)
	if got.err != nil {
		t.Fatalf("%v: %v", args, got.err)
	}
	return got
}

func asLine[T any](t *testing.T, got result) (line T) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.stdout), &line); err != nil {
		t.Fatalf("%v in %s", err, got.stdout)
	}
	return line
}

// hasToken tells whether a client gets a token.
func hasToken(t *testing.T, env map[string]string, id, secret string) bool {
	t.Helper()
	resp, err := http.PostForm(env["AWS_ENDPOINT_URL"]+"/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func TestCustomerMistakes(t *testing.T) {
	t.Parallel()
	env := userPool(t)
	for _, tt := range []struct {
		name string
		env  map[string]string
		args string
		exit int
		says string
	}{
		{"no name", env, "add --grant a", exitUsage, "spillway admin customer add wants one name, has 0"},
		{"two names", env, "remove a b", exitUsage, "spillway admin customer remove wants one name, has 2"},
		{"no pool", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "list", exitUsage,
			"the user pool is missing: give it by --user-pool-id, SPILLWAY_USER_POOL_ID or userPoolId in properties.yaml"},
		{"endpoint", env, "list --endpoint-url cognito", exitUsage, `the Cognito endpoint "cognito" must be a URL`},
		{"output", env, "list -o xml", exitUsage, `--output is "xml", must be text or json`},
		{"which secret", env, "rotate institute --drop both", exitUsage, `--drop is "both", must be old or new`},
		{"the template's scopes", env, "add a --grant a --resource-server spillway", exitUsage, "its scopes are the template's"},
		{"validity", env, "add a --grant a --token-validity 1m", exitUsage, "validity of tokens: is 1m0s: want 5m0s to 24h0m0s"},
		{"several", env, "add a -o xml --token-validity 1m --endpoint-url x", exitUsage, "3 mistakes in the configuration:"},
		{"no grant", env, "add a", exitFailure, "no grant is given"},
		{"the template's customer", env, "remove institute", exitFailure, "was not made here"},
		{"nobody", env, "rotate nobody", exitFailure, "nobody: there is no such customer"},
		{"one secret", env, "rotate institute --drop old", exitFailure, "it has one secret, which cannot be dropped"},
		{"argument", env, "list a", exitUsage, "takes no arguments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := spillway(t.Context(), tt.env, "", append([]string{"admin", "customer"}, strings.Fields(tt.args)...)...)
			if got.exit != tt.exit || got.err == nil || !strings.Contains(got.err.Error(), tt.says) || got.stdout != "" {
				t.Errorf("exit %d, %v, want %d and it to say %s; stdout %q", got.exit, got.err, tt.exit, tt.says, got.stdout)
			}
		})
	}
}

// TestCustomerLife: added, listed, granted, rotated, removed; the secret is told when it is made, to stdout, and never again.
func TestCustomerLife(t *testing.T) {
	t.Parallel()
	env := userPool(t)
	got := customer(t, env, "add", "news", "--grant", "weather.us.ny", "--grant", "weather.us.>", "-o", "json")
	made := asLine[customerLine](t, got)
	secret := made.ClientSecret
	if !hasToken(t, env, made.ClientID, secret) || strings.Contains(got.stderr, secret) {
		t.Errorf("stdout %s\nstderr %s", got.stdout, got.stderr)
	}
	want := customerLine{Name: "news", ClientID: made.ClientID, ClientSecret: secret, Grants: []string{"weather.us.>", "weather.us.ny"}, Managed: "spillway", Validity: 3600, Created: made.Created}
	if diff := cmp.Diff(want, made); diff != "" || !strings.Contains(got.stdout, `"weather.us.>"`) {
		t.Errorf("%s (-want +got):\n%s", got.stdout, diff)
	}
	got = customer(t, env, "add", "news", "--grant", "weather.us.>", "--grant", "weather.us.ny")
	if strings.Contains(got.stdout+got.stderr, secret) || !strings.Contains(got.stderr, "news is there already, with these grants; its secret is not told again") ||
		got.stdout != "customer             news\nclient id            "+made.ClientID+"\nmay read             weather.us.>\n                     weather.us.ny\ntokens are good for  1h0m0s\n" {
		t.Errorf("a second time: stdout %s\nstderr %s", got.stdout, got.stderr)
	}
	if again := spillway(t.Context(), env, "", "admin", "customer", "add", "news", "--grant", "a"); again.exit != exitFailure || !strings.Contains(again.err.Error(), "spillway admin customer grant news replaces that") {
		t.Errorf("with other grants: %v", again.err)
	}
	if granted := asLine[customerLine](t, customer(t, env, "grant", "news", "--grant", "weather.us.nj", "-o", "json")); !slices.Equal(granted.Grants, []string{"weather.us.nj"}) {
		t.Errorf("granted %v", granted.Grants)
	}
	got = customer(t, env, "list")
	if !strings.Contains(got.stdout, "NAME       CLIENT ID                   BY        SECRETS  TOKENS  MAY READ\n") || !strings.Contains(got.stderr, "spillway-customers has 1 of 100 scopes") ||
		strings.Contains(got.stdout+got.stderr, secret) {
		t.Errorf("list: stdout %s\nstderr %s", got.stdout, got.stderr)
	}
	got = customer(t, env, "remove", "news")
	if got.stdout != "news (client "+made.ClientID+") gets no token any more\n" || !strings.Contains(got.stderr, "spillway admin disconnect "+made.ClientID) || hasToken(t, env, made.ClientID, secret) {
		t.Errorf("remove: stdout %s\nstderr %s", got.stdout, got.stderr)
	}
	if got = customer(t, env, "remove", "news"); got.stdout != "" || got.stderr != "there is no customer news\n" {
		t.Errorf("remove nobody: stdout %s\nstderr %s", got.stdout, got.stderr)
	}
	type listing struct {
		Customers []customerLine
		Scopes    int
	}
	if l := asLine[listing](t, customer(t, env, "list", "-o", "json")); len(l.Customers) != 1 || l.Customers[0].Managed != "template" || len(l.Customers[0].Secrets) != 1 || l.Scopes != 0 {
		t.Errorf("%+v", l)
	}
}

func TestCustomerRotation(t *testing.T) {
	t.Parallel()
	env := userPool(t)
	first := asLine[customerLine](t, customer(t, env, "add", "news", "--grant", "a", "-o", "json"))
	got := customer(t, env, "rotate", "news", "-o", "json")
	second := asLine[customerLine](t, got)
	good := func(secret string) bool { return hasToken(t, env, first.ClientID, secret) }
	if !good(first.ClientSecret) || !good(second.ClientSecret) || !strings.Contains(got.stderr, "the secret before is good, too, until: spillway admin customer rotate news --drop=old") {
		t.Errorf("stdout %s\nstderr %s", got.stdout, got.stderr)
	}
	third := spillway(t.Context(), env, "", "admin", "customer", "rotate", "news")
	if third.exit != exitFailure || !strings.Contains(third.err.Error(), "drop one first, by --drop=old or --drop=new") {
		t.Errorf("a third: %v", third.err)
	}
	got = customer(t, env, "rotate", "news", "--drop=old")
	if good(first.ClientSecret) || !good(second.ClientSecret) || strings.Contains(got.stdout+got.stderr, second.ClientSecret) {
		t.Errorf("the old secret is dropped: stdout %s\nstderr %s", got.stdout, got.stderr)
	}
}

// brokenPipe takes nothing.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// TestCustomerWhoseSecretCannotBeTold is not left.
func TestCustomerWhoseSecretCannotBeTold(t *testing.T) {
	t.Parallel()
	env := userPool(t)
	for _, output := range []string{"text", "json"} {
		broken := func(args ...string) error {
			var stderr bytes.Buffer
			getenv := func(name string) string { return env[name] }
			return run(t.Context(), append([]string{"admin", "customer", "-o", output}, args...), getenv, strings.NewReader(""), brokenPipe{}, &stderr)
		}
		if err := broken("add", "news", "--grant", "a"); err == nil || !strings.Contains(err.Error(), "print the credentials: broken pipe") {
			t.Errorf("add: %v", err)
		}
		if got := customer(t, env, "list").stdout; strings.Contains(got, "news") {
			t.Errorf("a customer is left whose secret nobody knows:\n%s", got)
		}
		if err := broken("rotate", "institute"); err == nil || !strings.Contains(err.Error(), "print the secret: broken pipe") {
			t.Errorf("rotate: %v", err)
		}
		customer(t, env, "rotate", "institute") // there is room for another one
		customer(t, env, "rotate", "institute", "--drop=new")
	}
}
