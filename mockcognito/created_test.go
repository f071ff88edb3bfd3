package mockcognito

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// described is everything that the API tells about the pools.
func described(t *testing.T, w world) []any {
	t.Helper()
	var all []any
	for _, p := range w.server.directory().pools {
		all = append(all, w.server.describe(p))
		for _, r := range p.servers {
			all = append(all, r.answer(p.id))
		}
		for _, c := range p.clients {
			all = append(all, c.answer(p.id), c.secrets, c.oauth)
		}
	}
	return all
}

func TestCreatedOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	clock := fixedClock()
	cfg := Config{StateFile: testStateFile(t), Now: clock}
	w := newWorld(t, cfg)
	pool, err := w.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{
		PoolName: aws.String("made"), UserPoolTags: map[string]string{"a": "b"},
		Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(12)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []*string{pool.UserPool.Id, aws.String(testPoolID)} {
		server, in := solar("asteroids"), machine("https://sun.example.com/asteroids")
		server.UserPoolId, in.UserPoolId, in.AccessTokenValidity = id, id, aws.Int32(2)
		if _, err := w.CreateResourceServer(t.Context(), server); err != nil {
			t.Fatal(err)
		}
		w.createClient(t, in)
	}
	if _, err := w.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: pool.UserPool.Id, Domain: aws.String("made")}); err != nil {
		t.Fatal(err)
	}
	if err := w.server.RotateKeys(*pool.UserPool.Id); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(cfg.StateFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("state file: %v, %v", info.Mode(), err)
	}
	again := newWorld(t, cfg)
	if diff := cmp.Diff(described(t, w), described(t, again), cmp.AllowUnexported(secret{}, oauthSettings{}), equalEpochs()); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	if w.server.directory().pools[2].keys[1].access.kid != again.server.directory().pools[2].keys[1].access.kid {
		t.Error("after a restart the pool has other keys")
	}
	if _, err := again.DeleteUserPoolDomain(t.Context(), &idp.DeleteUserPoolDomainInput{UserPoolId: pool.UserPool.Id, Domain: aws.String("made")}); err != nil {
		t.Fatal(err)
	}
	if _, err := again.DeleteUserPool(t.Context(), &idp.DeleteUserPoolInput{UserPoolId: pool.UserPool.Id}); err != nil {
		t.Fatal(err)
	}
	if third := newWorld(t, cfg); len(third.server.directory().pools) != 2 {
		t.Error("a deleted pool is back after a restart")
	}
}

// TestConfiguredComesBack: what requests have changed of the configuration lasts until the next start.
func TestConfiguredComesBack(t *testing.T) {
	t.Parallel()
	cfg := Config{StateFile: testStateFile(t), Now: fixedClock()}
	first := newWorld(t, cfg)
	before := described(t, first)
	pool := aws.String(testPoolID)
	if _, err := first.DeleteUserPoolClient(t.Context(), &idp.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: aws.String(testClientID)}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.DeleteResourceServer(t.Context(), &idp.DeleteResourceServerInput{UserPoolId: pool, Identifier: aws.String("spillway")}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.DeleteUserPoolDomain(t.Context(), &idp.DeleteUserPoolDomainInput{UserPoolId: pool, Domain: aws.String("spillway")}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.DeleteUserPool(t.Context(), &idp.DeleteUserPoolInput{UserPoolId: pool}); err != nil {
		t.Fatal(err)
	}
	key := first.server.state.Pools["weather"].AccessKeys[0]
	again := newWorld(t, cfg)
	if diff := cmp.Diff(before, described(t, again), cmp.AllowUnexported(secret{}, oauthSettings{}), equalEpochs()); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	if again.server.state.Pools["weather"].AccessKeys[0] != key {
		t.Error("the pool has come back with other keys")
	}
}

// TestConfigurationMeetsCreated: pools leave the configuration and come back to it.
func TestConfigurationMeetsCreated(t *testing.T) {
	t.Parallel()
	state := testStateFile(t)
	w := newWorld(t, Config{StateFile: state})
	if _, err := w.CreateResourceServer(t.Context(), solar("asteroids")); err != nil {
		t.Fatal(err)
	}
	made := w.createClient(t, machine("https://sun.example.com/asteroids"))
	newWorld(t, Config{StateFile: state, Pools: testPools()[1:]})
	pools := testPools()
	pools[0].ResourceServers = append(pools[0].ResourceServers, ResourceServer{Identifier: "https://sun.example.com", Scopes: []string{"comets"}})
	back := newWorld(t, Config{StateFile: state, Pools: pools})
	p, c := back.server.directory().client(*made.ClientId)
	if c == nil {
		t.Fatal("a client has not come back with its pool")
	}
	if len(p.servers) != 3 || p.hasScope("https://sun.example.com/asteroids") || !p.hasScope("https://sun.example.com/comets") {
		t.Error("a resource server that is configured by now is not the configuration's")
	}
	pools[1].Clients[0].ID = *made.ClientId
	if _, err := New(Config{StateFile: state, Pools: pools}); err == nil || !strings.Contains(err.Error(), "its id is configured for one client") {
		t.Errorf("a client id that is taken: %v", err)
	}
}

func TestNewRefusesBrokenCreated(t *testing.T) {
	t.Parallel()
	const at, head = "2026-01-01T00:00:00Z", `{"version":1,"pools":{},"created":{"us-east-1_A":`
	client := func(settings string) string {
		return head + `{"pool":{"name":"a","created":"` + at + `","modified":"` + at + `"},"clients":[{"id":"c","name":"c","created":"` + at + `","modified":"` + at + `","settings":` + settings + `}]}}}`
	}
	for name, test := range map[string]struct{ content, want string }{
		"null":         {head + `null}}`, `created["us-east-1_A"]: must not be null`},
		"id":           {strings.Replace(head, "us-east-1_A", "nowhere", 1) + `{}}}`, `created["nowhere"]: "nowhere" must be {region}`},
		"secret":       {head + `{"clients":[{"id":"c","name":"c","secrets":[{"value":"tell-nobody"}]}]}}}`, "clients[0].secrets[0].value: must have 24 to 64"},
		"setting":      {client(`{"AccessTokenValidity":0}`), "client c: settings: 1 validation error detected: Value '0' at 'accessTokenValidity'"},
		"setting type": {client(`{"AccessTokenValidity":"5"}`), "client c: settings: STRING_VALUE can not be converted"},
		"keys":         {head + `{"pool":{"name":"a","id_keys":["x"],"access_keys":["x"]}}}}`, "id_keys[0] is not a PEM block"},
	} {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{StateFile: path}); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "tell-nobody") {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestChangeThatCannotBeSaved: a request whose effect would not outlive the process has none.
func TestChangeThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	w.server.stateFile = filepath.Join(t.TempDir(), "gone", "state.json")
	_, err := w.CreateResourceServer(t.Context(), solar("asteroids"))
	wantError(t, err, "InternalErrorException", messageInternal)
	if n := len(w.server.directory().pools[0].servers); n != 2 {
		t.Errorf("%d resource servers, want 2", n)
	}
}
