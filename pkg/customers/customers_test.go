package customers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func claim(t *testing.T, token, name string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(claims[name])
}

func mustAdd(t *testing.T, d *Directory, name string, grants ...string) Added {
	t.Helper()
	added, err := d.Add(t.Context(), name, grants)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		c    Config
		says string
	}{
		{"no pool", Config{}, "user pool: must not be empty"},
		{"the template's", Config{PoolID: poolID, ResourceServer: "spillway"}, "its scopes are the template's"},
		{"blank", Config{PoolID: poolID, ResourceServer: "a b"}, "without blanks"},
		{"short", Config{PoolID: poolID, TokenValidity: time.Minute}, "validity of tokens: is 1m0s: want 5m0s to 24h0m0s in whole minutes"},
		{"seconds", Config{PoolID: poolID, TokenValidity: 301 * time.Second}, "validity of tokens: is 5m1s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(nil, tt.c); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want it to say %s", err, tt.says)
			}
		})
	}
}

// TestAdd: what is granted is what a token says, the template's resource server stays as it is, and a second time nothing is done.
func TestAdd(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	added := mustAdd(t, p.Directory, "news-ny", "weather.us.ny", "weather.us.nj", "weather.us.ny")
	want := Customer{Name: "news-ny", ClientID: added.ClientID, Grants: []string{"weather.us.nj", "weather.us.ny"}, Own: true, TokenValidity: time.Hour}
	if diff := cmp.Diff(want, added.Customer, cmpopts.IgnoreUnexported(Customer{}), cmpopts.IgnoreFields(Customer{}, "Created")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.token(t, added.ClientID, added.Secret); got != "spillway-customers/weather.us.nj spillway-customers/weather.us.ny" {
		t.Errorf("scope %q", got)
	}
	if got := p.serverScopes(t, TemplateResourceServer); !slices.Equal(got, []string{"weather.us.>"}) {
		t.Errorf("the template's resource server has %v", got)
	}
	p.wrote()
	again := mustAdd(t, p.Directory, "news-ny", "weather.us.ny", "weather.us.nj")
	if !again.Existed || again.Secret != "" || again.ClientID != added.ClientID || p.wrote() != nil {
		t.Errorf("a second time: %+v", again)
	}
	p.somebody(t)
	p.wrote()
	mustAdd(t, p.Directory, "news-ny", "weather.us.ny", "weather.us.nj")
	if got := p.wrote(); !slices.Equal(got, []string{"UpdateResourceServer"}) || len(p.serverScopes(t, DefaultResourceServer)) != 2 {
		t.Errorf("scopes that had gone: did %v", got)
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	mustAdd(t, p.Directory, "there", "a")
	p.wrote()
	many := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("p%d", i)
		}
		return out
	}
	for _, tt := range []struct {
		name, customer string
		grants         []string
		says           string
	}{
		{"no grant", "x", nil, "no grant is given"},
		{"a wrong pattern", "x", []string{"a.>.b"}, "grant: pattern \"a.>.b\": > may only be the last token"},
		{"no ASCII", "x", []string{"wetter.münchen"}, "is not allowed (printable ASCII"},
		{"a slash", "x", []string{"a/b"}, "is not allowed (printable ASCII"},
		{"a wrong name", "a b", []string{"a"}, `name "a b": must be 1 to 64 letters`},
		{"too many", "x", many(51), "client x would have 51 scopes, and Cognito allows 50"},
		{"the template's", "institute", []string{"a"}, "was not made here, as its scopes tell: spillway/weather.us.>"},
		{"other grants", "there", []string{"b"}, "there is there already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := p.Add(t.Context(), tt.customer, tt.grants); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want it to say %s", err, tt.says)
			}
		})
	}
	if got := p.wrote(); got != nil {
		t.Errorf("for all that it did %v", got)
	}
	mustAdd(t, p.Directory, "first", many(50)...) // beside a: 51
	p.wrote()
	rest := make([]string, 50)
	for i := range rest {
		rest[i] = fmt.Sprintf("q%d", i)
	}
	_, err := p.Add(t.Context(), "last", rest)
	if limit, ok := errors.AsType[*LimitError](err); !ok || limit.Have != 101 || p.wrote() != nil {
		t.Errorf("the 101st scope: %v", err)
	}
	mustAdd(t, p.Directory, "last", rest[:49]...)
}

// TestAddThatGoesWrong: afterwards there is a customer whose secret is told, or none.
func TestAddThatGoesWrong(t *testing.T) {
	t.Parallel()
	throttled := refusal(400, "TooManyRequestsException")
	for _, tt := range []struct {
		name   string
		faults func(*testing.T, *pool) []fault
		says   string // of the error; empty: there is none
	}{
		{"throttled", func(*testing.T, *pool) []fault {
			return []fault{{operation: "CreateResourceServer", answer: throttled}, {operation: "ListUserPoolClients", answer: throttled}, {operation: "CreateUserPoolClient", answer: throttled}}
		}, ""},
		{"an answer is lost", func(*testing.T, *pool) []fault { return []fault{{operation: "CreateUserPoolClient", lose: true}} }, ""},
		{"the resource server's answer is lost", func(*testing.T, *pool) []fault { return []fault{{operation: "CreateResourceServer", lose: true}} }, ""},
		{"a request is lost", func(*testing.T, *pool) []fault {
			return []fault{{operation: "CreateUserPoolClient", answer: func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }}}
		}, "make client news: "},
		{"refused", func(*testing.T, *pool) []fault {
			return []fault{{operation: "CreateUserPoolClient", answer: refusal(400, "NotAuthorizedException")}}
		}, "scopes that were added for it grant nobody anything"},
		{"no room", func(*testing.T, *pool) []fault {
			return []fault{{operation: "CreateUserPoolClient", answer: refusal(400, "LimitExceededException")}}
		}, "the pool has as many as its quota allows"},
		{"no room for a resource server", func(*testing.T, *pool) []fault {
			return []fault{{operation: "CreateResourceServer", answer: refusal(400, "LimitExceededException")}}
		}, "the pool has as many as its quota allows"},
		{"a scope goes before the client is made", func(t *testing.T, p *pool) []fault {
			return []fault{{operation: "CreateUserPoolClient", before: func() { p.somebody(t) }}}
		}, ""},
		{"a scope goes after it was made", func(t *testing.T, p *pool) []fault {
			n := 0 // the second look at the clients is after that
			hold := fault{operation: "ListUserPoolClients", before: func() {
				if n++; n == 2 {
					p.somebody(t, "other")
				}
			}}
			return []fault{hold, hold}
		}, ""},
		{"the last look fails", func(*testing.T, *pool) []fault {
			return []fault{{operation: "ListUserPoolClients"}, {operation: "ListUserPoolClients", answer: refusal(400, "NotAuthorizedException")}}
		}, "list the clients of user pool"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			p.faults(tt.faults(t, p)...)
			added, err := p.impatient(t).Add(t.Context(), "news", []string{"weather.us.ny"})
			there, findErr := p.find(t.Context(), "news")
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) || !errors.Is(findErr, ErrNotFound) {
					t.Fatalf("%v, want it to say %s; then there is %v, %v", err, tt.says, there, findErr)
				}
				return
			}
			if err != nil || findErr != nil {
				t.Fatal(err, findErr)
			}
			if got := p.token(t, added.ClientID, added.Secret); got != "spillway-customers/weather.us.ny" {
				t.Errorf("scope %q", got)
			}
		})
	}
}

// TestAddTwiceAtOnce: two operators add the same customer; one of them is told so, and one client is left.
func TestAddTwiceAtOnce(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	mustAdd(t, p.Directory, "other", "weather.us.ny")
	var second Added
	p.faults(fault{operation: "CreateUserPoolClient", before: func() { second = mustAdd(t, p.Directory, "news", "weather.us.ny") }})
	first, err := p.Add(t.Context(), "news", []string{"weather.us.ny"})
	ids, listErr := p.named(t.Context(), "news")
	if listErr != nil {
		t.Fatal(listErr)
	}
	if err != nil { // the first one's id was the greater one
		if !strings.Contains(err.Error(), "somebody else has added news in the same moment") || !slices.Equal(ids, []string{second.ClientID}) {
			t.Errorf("%v, left are %v", err, ids)
		}
		return
	}
	// The second was done before the first one was there, and is told by the next who look.
	if len(ids) != 2 || !slices.Contains(ids, first.ClientID) {
		t.Errorf("left are %v", ids)
	}
	if _, err := p.Rotate(t.Context(), "news"); err == nil || !strings.Contains(err.Error(), "2 clients of user pool") {
		t.Errorf("rotate: %v", err)
	}
}

// TestRotate: both secrets are good until one is dropped; customers of a template can be rotated, too.
func TestRotate(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	added := mustAdd(t, p.Directory, "news", "weather.us.ny")
	good := func(secret string) bool { return p.token(t, added.ClientID, secret) != "" }
	if _, err := p.Drop(t.Context(), "news", OldSecret); !errors.Is(err, ErrNotRotating) {
		t.Errorf("drop the only one: %v", err)
	}
	rotated, err := p.Rotate(t.Context(), "news")
	if err != nil {
		t.Fatal(err)
	}
	if !good(added.Secret) || !good(rotated.Secret) || added.Secret == rotated.Secret {
		t.Error("both secrets should be good")
	}
	if _, err := p.Rotate(t.Context(), "news"); !errors.Is(err, ErrRotating) {
		t.Errorf("a third one: %v", err)
	}
	if _, err := p.Drop(t.Context(), "news", NewSecret); err != nil || !good(added.Secret) || good(rotated.Secret) {
		t.Errorf("take it back: %v", err)
	}
	if rotated, err = p.Rotate(t.Context(), "news"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Drop(t.Context(), "news", OldSecret); err != nil || good(added.Secret) || !good(rotated.Secret) {
		t.Errorf("end it: %v", err)
	}
	if _, err := p.Rotate(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := p.Rotate(t.Context(), "institute"); err != nil {
		t.Errorf("the template's: %v", err)
	}
}

// TestRotateThatGoesWrong: a secret that nobody knows is not left.
func TestRotateThatGoesWrong(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	added := mustAdd(t, p.Directory, "news", "weather.us.ny")
	for name, f := range map[string]fault{
		"an answer is lost": {operation: "AddUserPoolClientSecret", lose: true},
		"a request is lost": {operation: "AddUserPoolClientSecret", answer: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
		"refused":           {operation: "AddUserPoolClientSecret", answer: refusal(400, "NotAuthorizedException")},
		"Cognito is broken": {operation: "AddUserPoolClientSecret", answer: refusal(500, "InternalErrorException")},
	} {
		t.Run(name, func(t *testing.T) {
			p.faults(f)
			_, err := p.Rotate(t.Context(), "news")
			secrets, listErr := p.secrets(t.Context(), added.ClientID)
			if err == nil || listErr != nil || len(secrets) != 1 || p.token(t, added.ClientID, added.Secret) == "" {
				t.Errorf("%v; left are %v, %v", err, secrets, listErr)
			}
		})
	}
	p.faults(fault{operation: "AddUserPoolClientSecret", lose: true}, fault{operation: "DeleteUserPoolClientSecret", answer: refusal(400, "NotAuthorizedException")})
	if _, err := p.Rotate(t.Context(), "news"); err == nil || !strings.Contains(err.Error(), "of news is left, and nobody knows it: drop the new one") {
		t.Errorf("what is left is not named: %v", err)
	}
}

// TestRemove: no new tokens, and scopes go that nobody has any more, with the last of them the resource server.
func TestRemove(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	news := mustAdd(t, p.Directory, "news", "weather.us.ny", "weather.us.nj")
	mustAdd(t, p.Directory, "other", "weather.us.ny")
	p.wrote()
	removed, err := p.Remove(t.Context(), "news")
	if err != nil || removed.Customer.ClientID != news.ClientID || !slices.Equal(removed.Scopes, []string{"weather.us.nj"}) {
		t.Errorf("%+v, %v", removed, err)
	}
	if p.token(t, news.ClientID, news.Secret) != "" || !slices.Equal(p.serverScopes(t, DefaultResourceServer), []string{"weather.us.ny"}) {
		t.Error("it still has tokens, or the scopes are wrong")
	}
	p.wrote()
	if removed, err = p.Remove(t.Context(), "news"); err != nil || removed.Customer.ClientID != "" || p.wrote() != nil {
		t.Errorf("again: %+v, %v", removed, err)
	}
	if _, err = p.Remove(t.Context(), "institute"); err == nil || !strings.Contains(err.Error(), "was not made here") {
		t.Errorf("the template's: %v", err)
	}
	if _, err = p.Remove(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if _, exists, err := p.scopes(t.Context(), DefaultResourceServer); exists || err != nil {
		t.Errorf("the resource server: %v, %v", exists, err)
	}
	if got := p.serverScopes(t, TemplateResourceServer); !slices.Equal(got, []string{"weather.us.>"}) {
		t.Errorf("the template's resource server has %v", got)
	}
}

// TestRemoveThatGoesWrong: what is left is named, and a second time does the rest.
func TestRemoveThatGoesWrong(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	mustAdd(t, p.Directory, "news", "weather.us.ny")
	p.faults(fault{operation: "DeleteResourceServer", answer: refusal(400, "NotAuthorizedException")})
	removed, err := p.Remove(t.Context(), "news")
	if err == nil || !strings.Contains(err.Error(), "news is gone, but scopes that it may have left are not cleared away") || removed.Customer.Name != "news" {
		t.Errorf("%+v, %v", removed, err)
	}
	if removed, err = p.Remove(t.Context(), "news"); err != nil || !slices.Equal(removed.Scopes, []string{"weather.us.ny"}) {
		t.Errorf("again: %+v, %v", removed, err)
	}
}

// TestRemoveSparesWhatIsAdded: scopes that somebody adds while the clients are read are about to be used.
func TestRemoveSparesWhatIsAdded(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	mustAdd(t, p.Directory, "news", "a")
	mustAdd(t, p.Directory, "other", "b")
	n := 0
	hold := fault{operation: "ListUserPoolClients", before: func() {
		if n++; n == 2 { // the first look is for news, the second for what is used
			p.somebody(t, "a", "b", "new")
		}
	}}
	p.faults(hold, hold)
	if removed, err := p.Remove(t.Context(), "news"); err != nil || !slices.Equal(removed.Scopes, []string{"a"}) {
		t.Errorf("%+v, %v", removed, err)
	}
	if got := p.serverScopes(t, DefaultResourceServer); !slices.Equal(got, []string{"b", "new"}) {
		t.Errorf("left are %v", got)
	}
}

// TestGrant: the next token has the new grants, and all else that is set of the client stays.
func TestGrant(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	added := mustAdd(t, p.directory(t, p.client, Config{PoolID: poolID, TokenValidity: 10 * time.Minute}), "news", "a", "b")
	before, err := p.describe(t.Context(), added.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	granted, err := p.Grant(t.Context(), "news", []string{"c", "b"})
	if err != nil || !slices.Equal(granted.Before, []string{"a", "b"}) || !slices.Equal(granted.Grants, []string{"b", "c"}) || !slices.Equal(granted.Scopes, []string{"a"}) {
		t.Errorf("%+v, %v", granted, err)
	}
	if got := p.token(t, added.ClientID, added.Secret); got != "spillway-customers/b spillway-customers/c" {
		t.Errorf("scope %q", got)
	}
	after, err := p.describe(t.Context(), added.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	before.AllowedOAuthScopes, before.LastModifiedDate = after.AllowedOAuthScopes, after.LastModifiedDate
	if diff := cmp.Diff(before, after, cmpopts.IgnoreUnexported(*before, *before.TokenValidityUnits)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	p.wrote()
	if _, err := p.Grant(t.Context(), "news", []string{"b", "c"}); err != nil || p.wrote() != nil {
		t.Errorf("a second time: %v", err)
	}
	if _, err := p.Grant(t.Context(), "institute", []string{"a"}); err == nil || !strings.Contains(err.Error(), "was not made here") {
		t.Errorf("the template's: %v", err)
	}
	if _, err := p.Grant(t.Context(), "nobody", []string{"a"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	news := mustAdd(t, p.directory(t, p.client, Config{PoolID: poolID, TokenValidity: 5 * time.Minute}), "news", "a", "b")
	mustAdd(t, p.Directory, "archive", "b")
	if _, err := p.Rotate(t.Context(), "news"); err != nil {
		t.Fatal(err)
	}
	p.somebody(t, "b", "c")
	for i := range clientsPerPage { // so that there is more than a page
		_, err := p.client.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{UserPoolId: aws.String(poolID), ClientName: aws.String(fmt.Sprintf("z%d", i))})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := p.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Customers) != 3+clientsPerPage {
		t.Fatalf("%d customers", len(got.Customers))
	}
	got.Customers = got.Customers[:3]
	want := Listing{Scopes: 2, Customers: []Customer{
		{Name: "archive", Grants: []string{"b"}, Own: true, TokenValidity: time.Hour, Secrets: make([]Secret, 1)},
		{Name: "institute", Grants: []string{"weather.us.>"}, TokenValidity: time.Hour, Secrets: make([]Secret, 1)},
		{Name: "news", Grants: []string{"a", "b"}, Missing: []string{"a"}, Own: true, TokenValidity: 5 * time.Minute, Secrets: make([]Secret, 2)},
	}}
	if got.Customers[2].ClientID != news.ClientID || !got.Customers[2].Secrets[0].Created.Before(got.Customers[2].Secrets[1].Created) {
		t.Errorf("%+v", got.Customers[2])
	}
	ignore := cmp.Options{cmpopts.IgnoreUnexported(Customer{}), cmpopts.IgnoreFields(Customer{}, "ClientID", "Created"), cmpopts.IgnoreFields(Secret{}, "ID", "Created")}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnknownPool: a pool that is not there is told as such.
func TestUnknownPool(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	d := p.directory(t, p.client, Config{PoolID: "us-east-1_None00000"})
	if _, err := d.Add(t.Context(), "news", []string{"a"}); !hasCode(err, codeNotFound) {
		t.Errorf("add: %v", err)
	}
	if _, err := d.List(t.Context()); !hasCode(err, codeNotFound) {
		t.Errorf("list: %v", err)
	}
}

// TestWithdrawAfterAnInterrupt: what must not be left is removed although the caller's time is over.
func TestWithdrawAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	added := mustAdd(t, p.Directory, "news", "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Withdraw(ctx, added.Customer); err != nil {
		t.Fatal(err)
	}
	if _, err := p.find(t.Context(), "news"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is left: %v", err)
	}
}

func TestConnectWithoutRegion(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	if _, err := Connect(t.Context(), Endpoint{}); !errors.Is(err, ErrNoRegion) {
		t.Errorf("%v", err)
	}
}
