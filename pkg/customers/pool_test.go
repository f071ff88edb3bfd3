package customers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/spillway/spillway/mockcognito"
)

const poolID = "us-east-1_Test00001"

// pool is a user pool as the template makes it, with somebody between it and who asks.
type pool struct {
	*Directory
	url string

	mu    sync.Mutex // guards what follows
	asked []string   // operations
	meet  []fault
}

// fault is what happens to one request.
type fault struct {
	operation string
	before    func()                    // while the request is on its way
	answer    func(http.ResponseWriter) // in place of the pool's, which does not get the request
	lose      bool                      // the pool gets it, the answer is lost
}

func newPool(t *testing.T) *pool {
	t.Helper()
	server, err := mockcognito.New(mockcognito.Config{Pools: []mockcognito.Pool{{
		ID: poolID, Name: "spillway", ResourceServers: []mockcognito.ResourceServer{{Identifier: TemplateResourceServer, Scopes: []string{"weather.us.>"}}},
		Clients: []mockcognito.Client{{Name: "institute", Scopes: []string{"spillway/weather.us.>"}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &pool{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.between(w, r, server) }))
	t.Cleanup(web.Close)
	p.url = web.URL
	client, err := Connect(t.Context(), Endpoint{URL: web.URL, Region: "us-east-1", Dummy: true})
	if err != nil {
		t.Fatal(err)
	}
	p.Directory = p.directory(t, client, Config{PoolID: poolID})
	return p
}

func (p *pool) directory(t *testing.T, client *cognito.Client, c Config) *Directory {
	t.Helper()
	d, err := New(client, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (p *pool) between(w http.ResponseWriter, r *http.Request, server http.Handler) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	p.mu.Lock()
	if operation != "" {
		p.asked = append(p.asked, operation)
	}
	i := slices.IndexFunc(p.meet, func(f fault) bool { return f.operation == operation })
	var f fault
	if i >= 0 {
		f = p.meet[i]
		p.meet = slices.Delete(p.meet, i, i+1)
	}
	p.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if f.before != nil {
		f.before()
	}
	switch {
	case f.answer != nil:
		f.answer(w)
	case f.lose:
		server.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		server.ServeHTTP(w, r)
	}
}

func (p *pool) faults(f ...fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meet = append(p.meet, f...)
}

// wrote are the requests since the last time that change something.
func (p *pool) wrote() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	writes := slices.DeleteFunc(p.asked, func(o string) bool { return strings.HasPrefix(o, "List") || strings.HasPrefix(o, "Describe") })
	p.asked = nil
	return append([]string(nil), writes...)
}

func refusal(status int, code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": "as the test says"})
	}
}

// impatient has throttled requests tried again at once.
func (p *pool) impatient(t *testing.T) *Directory {
	t.Helper()
	return p.directory(t, cognito.New(p.client.Options(), func(o *cognito.Options) {
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(exceeded)}, r.Retryables...)
			r.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}), Config{PoolID: poolID})
}

// token asks for a token; empty if it is refused.
func (p *pool) token(t *testing.T, id, secret string) (scope string) {
	t.Helper()
	resp, err := http.PostForm(p.url+"/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return ""
	}
	return claim(t, out.AccessToken, "scope")
}

// serverScopes are the scopes of a resource server; nil if there is none.
func (p *pool) serverScopes(t *testing.T, server string) []string {
	t.Helper()
	scopes, _, err := p.scopes(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range scopes {
		out = append(out, aws.ToString(s.ScopeName))
	}
	return out
}

// somebody adds or removes scopes as another program would, without asking.
func (p *pool) somebody(t *testing.T, scopes ...string) {
	t.Helper()
	in := &cognito.UpdateResourceServerInput{UserPoolId: aws.String(poolID), Identifier: aws.String(DefaultResourceServer), Name: aws.String("x")}
	for _, s := range scopes {
		in.Scopes = append(in.Scopes, types.ResourceServerScopeType{ScopeName: aws.String(s), ScopeDescription: aws.String("x")})
	}
	if _, err := p.client.UpdateResourceServer(t.Context(), in); err != nil {
		t.Error(err)
	}
}
