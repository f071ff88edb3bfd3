package mockcognito

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const (
	testPoolID   = "us-east-1_Local0001"
	testClientID = "1example23456789"
	testSecret   = "9example87654321+secret_"
	codeClientID = "2example23456789"
)

// testPools has two pools; in the first, one client may have tokens and one is for the code flow.
func testPools() []Pool {
	servers := []ResourceServer{
		{Identifier: "spillway", Scopes: []string{"weather.us.ny", "weather.us.ca", "weather.us.>", "*"}},
		{Identifier: "https://api.example.com/v1", Scopes: []string{"read"}},
	}
	return []Pool{
		{
			ID: testPoolID, Name: "weather", Domain: "spillway", ResourceServers: servers,
			Clients: []Client{
				{
					Name: "news", ID: testClientID, Secret: testSecret,
					Scopes: []string{"spillway/weather.us.ny", "spillway/weather.us.>", "https://api.example.com/v1/read"},
				},
				{
					Name: "site", ID: codeClientID, Secret: testSecret, Scopes: []string{"spillway/*"},
					AllowedOAuthFlows: []Flow{FlowCode},
				},
			},
		},
		{
			ID: "eu-west-1_Local0002", Name: "other", Domain: "second", ResourceServers: servers,
			Clients: []Client{{
				Name: "elsewhere", ID: "3example23456789", Secret: testSecret, Scopes: []string{"spillway/*"},
				AccessTokenValidity: 5 * time.Minute,
			}},
		},
	}
}

// keysOnce is a state file with keys for the test pools: making RSA keys is slow, so the tests share four.
var keysOnce = sync.OnceValues(func() ([]byte, error) {
	st := emptyState()
	for _, p := range testPools() {
		pair, err := newKeyPair()
		if err != nil {
			return nil, err
		}
		if st.pool(p.Name).keyState, err = keyStateOf([]keyPair{pair}); err != nil {
			return nil, err
		}
	}
	return json.Marshal(st)
})

func testStateFile(t testing.TB) string {
	t.Helper()
	data, err := keysOnce()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newTestServer(t testing.TB, cfg Config) (*Server, *httptest.Server) {
	t.Helper()
	if cfg.Pools == nil {
		cfg.Pools = testPools()
	}
	if cfg.StateFile == "" {
		cfg.StateFile = testStateFile(t)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, serveTest(t, s)
}

func serveTest(t testing.TB, s *Server) *httptest.Server {
	t.Helper()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return web
}

// answer is an HTTP response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

func do(t testing.TB, req *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func get(t testing.TB, url string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func tokenRequestTo(t testing.TB, endpoint string, form url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// verifier checks tokens as a resource server does: with the published keys, fetched now.
func verifier(t testing.TB, base string) keyfunc.Keyfunc {
	t.Helper()
	return poolVerifier(t, base, testPoolID)
}

func poolVerifier(t testing.TB, base, pool string) keyfunc.Keyfunc {
	t.Helper()
	keys, err := keyfunc.NewDefaultCtx(t.Context(), []string{base + "/" + pool + "/.well-known/jwks.json"})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func verify(keys keyfunc.Keyfunc, token string, opts ...jwt.ParserOption) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	opts = append(opts, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(),
		jwt.WithIssuer("https://cognito-idp.us-east-1.amazonaws.com/"+testPoolID))
	_, err := jwt.ParseWithClaims(token, claims, keys.Keyfunc, opts...)
	return claims, err
}

func TestNewGeneratesAndRemembers(t *testing.T) {
	t.Parallel()
	cfg := Config{
		Region:    "eu-west-1",
		StateFile: filepath.Join(t.TempDir(), "state.json"),
		Pools: []Pool{{
			Name:            "weather",
			ResourceServers: []ResourceServer{{Identifier: "s", Scopes: []string{"a"}}},
			Clients:         []Client{{Name: "news", Scopes: []string{"s/a"}}},
		}},
	}
	first, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	pool := first.Pools()[0]
	v := newValidator()
	v.text("id", pool.ID, v.rules.poolID)
	v.secret("secret", pool.Clients[0].Secret)
	if err := v.err(); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(pool.ID, "eu-west-1_") || len(pool.ID) != len("eu-west-1_")+9 || len(pool.Clients[0].ID) != 26 {
		t.Errorf("ids %q, %q do not have Cognito's form", pool.ID, pool.Clients[0].ID)
	}
	if want := "https://cognito-idp.eu-west-1.amazonaws.com/" + pool.ID; pool.Issuer != want {
		t.Errorf("issuer %q, want %q", pool.Issuer, want)
	}
	second, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Pools(), second.Pools()); diff != "" {
		t.Errorf("the second start differs (-first +second):\n%s", diff)
	}
	if first.dir.pools[0].keys[0].access.kid != second.dir.pools[0].keys[0].access.kid {
		t.Error("the second start has another key")
	}
	cfg.StateFile = ""
	third, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if third.Pools()[0].Clients[0].Secret == pool.Clients[0].Secret {
		t.Error("a server without state file has the same secret")
	}
}

func TestPoolsIsACopy(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t, Config{})
	got := s.Pools()
	got[0].Clients[0].Scopes[0] = "changed"
	got[0].ResourceServers[0].Scopes[0] = "changed"
	if again := s.Pools(); again[0].Clients[0].Scopes[0] == "changed" || again[0].ResourceServers[0].Scopes[0] == "changed" {
		t.Error("a change to what Pools returned has reached the server")
	}
}

func TestAddClient(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{})
	added, err := s.AddClient(testPoolID, Client{Name: "institute", Scopes: []string{"spillway/weather.us.>"}})
	if err != nil {
		t.Fatal(err)
	}
	got := do(t, tokenRequestTo(t, web.URL+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {added.ID}, "client_secret": {added.Secret},
	}))
	if got.status != http.StatusOK {
		t.Errorf("token for the added client: %d %s", got.status, got.body)
	}
	if n := len(s.Pools()[0].Clients); n != 3 {
		t.Errorf("%d clients, want 3", n)
	}

	tests := map[string]struct {
		client Client
		want   string
	}{
		"same name":     {Client{Name: "institute", Scopes: []string{"spillway/*"}}, "client.name"},
		"same id":       {Client{Name: "x", ID: testClientID, Scopes: []string{"spillway/*"}}, "client.id"},
		"unknown scope": {Client{Name: "x", Scopes: []string{"spillway/none"}}, "client.scopes[0]"},
		"short secret":  {Client{Name: "x", Secret: "short", Scopes: []string{"spillway/*"}}, "client.secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.AddClient(testPoolID, test.client)
			var mistakes *ConfigError
			if !errors.As(err, &mistakes) || !strings.HasPrefix(mistakes.Problems[0], test.want+":") {
				t.Errorf("AddClient: %v, want a mistake at %s", err, test.want)
			}
		})
	}
	if _, err := s.AddClient("us-east-1_None", Client{}); !errors.Is(err, ErrUnknownPool) {
		t.Errorf("AddClient to no pool: %v", err)
	}
}

func TestRotateKeys(t *testing.T) {
	t.Parallel()
	path := testStateFile(t)
	s, web := newTestServer(t, Config{StateFile: path})
	issue := func() string {
		token, err := s.Issue(testClientID, IssueOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	rotate := func() {
		if err := s.RotateKeys(testPoolID); err != nil {
			t.Fatal(err)
		}
	}
	oldest := issue()
	rotate()
	older := issue()
	keys := verifier(t, web.URL)
	for name, token := range map[string]string{"previous": oldest, "present": older} {
		if _, err := verify(keys, token); err != nil {
			t.Errorf("token of the %s key after one rotation: %v", name, err)
		}
	}
	rotate()
	keys = verifier(t, web.URL)
	if _, err := verify(keys, oldest); !errors.Is(err, keyfunc.ErrKeyfunc) {
		t.Errorf("token of a withdrawn key: %v, want an unknown key", err)
	}
	if _, err := verify(keys, older); err != nil {
		t.Errorf("token of the previous key after two rotations: %v", err)
	}

	restarted, _ := newTestServer(t, Config{StateFile: path})
	if diff := cmp.Diff(kids(s), kids(restarted)); diff != "" {
		t.Errorf("keys after a restart (-before +after):\n%s", diff)
	}
	if err := s.RotateKeys("us-east-1_None"); !errors.Is(err, ErrUnknownPool) {
		t.Errorf("RotateKeys of no pool: %v", err)
	}
}

func kids(s *Server) []string {
	var ids []string
	for _, pair := range s.dir.pools[0].keys {
		ids = append(ids, pair.id.kid, pair.access.kid)
	}
	return ids
}

func TestRotateKeysThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Pools: testPools()[:1], StateFile: filepath.Join(dir, "state.json")})
	if err != nil {
		t.Fatal(err)
	}
	before := kids(s)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.RotateKeys(testPoolID); err == nil {
		t.Error("RotateKeys into a directory that is gone: no error")
	}
	if diff := cmp.Diff(before, kids(s)); diff != "" {
		t.Errorf("keys have changed all the same:\n%s", diff)
	}
}

func TestNewRefusesClashWithState(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	pools := testPools()
	pools[0].ID, pools[0].Clients[0].ID = "", ""
	first, err := New(Config{Pools: pools, StateFile: path})
	if err != nil {
		t.Fatal(err)
	}
	generated := first.Pools()[0]
	tests := map[string]func(p []Pool){
		"pool id":   func(p []Pool) { p[1].ID = generated.ID },
		"client id": func(p []Pool) { p[1].Clients[0].ID = generated.Clients[0].ID },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			clashing := testPools()
			clashing[0].ID, clashing[0].Clients[0].ID = "", ""
			change(clashing)
			_, err := New(Config{Pools: clashing, StateFile: path})
			if err == nil || !strings.Contains(err.Error(), "delete the state file") {
				t.Errorf("New: %v", err)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t, Config{})
	serve := func(method, path, form string) int {
		req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		return rec.Code
	}
	const workers, rounds = 4, 5
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for j := range rounds {
				c, err := s.AddClient(testPoolID, Client{Name: fmt.Sprintf("client %d %d", i, j), Scopes: []string{"spillway/*"}})
				if err != nil {
					t.Error(err)
				}
				form := "grant_type=client_credentials&client_id=" + c.ID + "&client_secret=" + c.Secret
				if status := serve(http.MethodPost, "/oauth2/token", form); status != http.StatusOK {
					t.Errorf("token for %s: %d", c.Name, status)
				}
				if status := serve(http.MethodGet, "/"+testPoolID+"/.well-known/jwks.json", ""); status != http.StatusOK {
					t.Errorf("key set: %d", status)
				}
			}
		})
	}
	if err := s.RotateKeys(testPoolID); err != nil {
		t.Error(err)
	}
	all.Wait()
	if n, want := len(s.Pools()[0].Clients), 2+workers*rounds; n != want {
		t.Errorf("%d clients, want %d", n, want)
	}
}
