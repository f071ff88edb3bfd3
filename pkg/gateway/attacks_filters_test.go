package gateway

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/policy"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// attackOperator: what the operator has attached to a grant cannot be got around.
func attackOperator(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	a.policy.change(func() {
		a.policy.filters["weather.us.*"] = []string{`size < 40 // only small ones`, `topic != "weather.us.secret"`}
	})
	others := []string{"weather.us.secret", "weather.us." + strings.Repeat("large", 8)} // events hold their topics
	for _, tt := range []struct {
		name, scope string
		req         *spillwayv1.SubscribeRequest
	}{
		{"filter attached to a grant", "spillway/weather.us.*", &spillwayv1.SubscribeRequest{}},
		{"topic in so many words", "spillway/weather.us.*", &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.secret", "weather.us.own"}}},
		{"filter true || ...", "spillway/weather.us.*", &spillwayv1.SubscribeRequest{Filter: `true || topic == "weather.us.secret"`}},
		{"filter that is the opposite", "spillway/weather.us.*", &spillwayv1.SubscribeRequest{Filter: `topic == "weather.us.secret" || topic == "weather.us.own"`}},
		{"scope twice", "spillway/weather.us.* spillway/weather.us.*", &spillwayv1.SubscribeRequest{}},
		{"grant of nothing else beside", "spillway/weather.us.* spillway/news.>", &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.*", "news.none"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := a.subscribe(t, a.bearer(t, m.claim("scope", tt.scope)), tt.req)
			a.only(t, r, others, "weather.us.own")
		})
	}
	for _, text := range []string{`true) || (true`, `true // `, "true) || (true //"} {
		t.Run("filter that closes brackets "+text, func(t *testing.T) {
			stream, err := a.client.Subscribe(a.bearer(t, m.claim("scope", "spillway/weather.us.*")), &spillwayv1.SubscribeRequest{Filter: text})
			if err != nil {
				t.Fatal(err)
			}
			r := &reader{stream, &spillwayv1.Cursor{}}
			if _, err := stream.Recv(); err != nil {
				wantStatus(t, err, codes.InvalidArgument, "filter: column")
				return
			}
			a.only(t, r, others, "weather.us.own")
		})
	}
	t.Run("stream from before the filter", func(t *testing.T) {
		r := a.subscribe(t, a.bearer(t, m.claim("scope", "spillway/weather.ca.*")), &spillwayv1.SubscribeRequest{})
		a.policy.change(func() { a.policy.filters["weather.ca.*"] = []string{"false"} })
		wantStatus(t, r.end(t).Err(), codes.Unavailable, "what the operator lets this client read has changed")
	})
	t.Run("stream from before the client was locked out", func(t *testing.T) {
		ctx := a.bearer(t, m.token(nil, object{"client_id": "bad", "sub": "bad"}))
		r := a.subscribe(t, ctx, &spillwayv1.SubscribeRequest{})
		a.policy.change(func() { a.policy.deny["bad"] = true })
		wantStatus(t, r.end(t).Err(), codes.PermissionDenied, "shut this client out")
		wantStatus(t, a.attempt(ctx, &spillwayv1.SubscribeRequest{}), codes.PermissionDenied, "shut this client out")
	})
	a.served(t)
}

// attackPolicy: whom the operator's file does not let in.
func attackPolicy(t *testing.T, m *mint) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	text := fmt.Sprintf("allow: [%s, %s, both]\ndeny: [both, denied]\nfilters:\n- {clients: [%s], pattern: weather.us.*, filter: 'topic != \"weather.us.secret\"'}\n", clientID, otherID, clientID)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := policy.NewFile(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newArena(t, m, func(c *Config) { c.Policy = file })
	for _, tt := range []struct{ name, client, says string }{
		{"client that is denied", "denied", "is locked out by the operator"},
		{"client that is denied and allowed", "both", "is locked out by the operator"},
		{"client that is not allowed", "stranger", "is not among those"},
		{"client whose name is in another case", strings.ToUpper(clientID), "is not among those"},
		{"client whose name begins alike", clientID + "2", "is not among those"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.refuse(t, m.token(nil, object{"client_id": tt.client, "sub": tt.client}), codes.PermissionDenied, tt.says)
		})
	}
	t.Run("filter of one client", func(t *testing.T) {
		r := a.subscribe(t, a.bearer(t, m.claim("scope", "spillway/weather.us.*")), &spillwayv1.SubscribeRequest{})
		a.only(t, r, []string{"weather.us.secret"}, "weather.us.own")
	})
}

// attackFilters: filters that would cost others.
func attackFilters(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	for _, tt := range []struct{ name, text, says string }{
		{"loops in loops", `data.a.all(x, data.a.all(y, data.a.all(z, data.a.all(w, w == x))))`, "may cost"},
		{"deep nesting", strings.Repeat("(", 1500) + "true" + strings.Repeat(")", 1500), "filter: "},
		{"nesting", strings.Repeat("[", 100) + strings.Repeat("]", 100) + " == []", "filter: "},
		{"many brackets", strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + " == []", "filter: "},
		{"many conditions", strings.Repeat("true?", 800) + "true" + strings.Repeat(":true", 800), "filter: "},
		{"text that is huge", "true" + strings.Repeat(" || true", 7000), "at most 4096"},
		{"regular expression that is huge", `topic.matches("(a{1,30}){1,30}")`, "filter: "},
		{"regular expression of repetitions", `topic.matches("((((a*)*)*)*){100}b")`, "steps, at most"},
		{"regular expression of the data", `topic.matches(data.pattern)`, "must be written out"},
		{"many regular expressions", strings.Repeat(`topic.matches("a.*b") || `, 50) + "true", "may cost"},
		{"number, not a condition", `size + 1`, "must be true or false"},
		{"function that is none", `env("SECRET") == ""`, "filter: column"},
		{"variable that is none", `token == "" || client_secret == ""`, "filter: column"},
		{"not UTF-8", "true\xff", ""},
		{"NUL", "true\x00", "filter: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := a.attempt(a.bearer(t, m.token(nil, nil)), &spillwayv1.SubscribeRequest{Filter: tt.text})
			code := codes.InvalidArgument
			if tt.name == "not UTF-8" {
				code = codes.Internal // gRPC refuses to send it
			}
			wantStatus(t, err, code, tt.says)
			a.told.status(err)
			a.served(t)
		})
	}
	t.Run("many that cost together", func(t *testing.T) {
		ctx, cancel := context.WithCancel(a.bearer(t, m.token(nil, nil)))
		defer cancel()
		costly := strings.Repeat(`topic.matches("a.*b") || `, 15)
		var err error
		for i := range 3 {
			err = a.attempt(ctx, &spillwayv1.SubscribeRequest{Filter: costly + strings.Repeat("!", 2*i) + "true"})
		}
		wantRetry(t, err, "filters would cost")
		a.served(t)
	})
	t.Run("regular expression that others take exponential time for", func(t *testing.T) {
		r := a.subscribe(t, a.bearer(t, m.claim("scope", "spillway/news.>")), &spillwayv1.SubscribeRequest{Filter: `!topic.matches("^(a+)+$")`})
		a.put(t, "news."+strings.Repeat("a", 200)+".b")
		a.honest.topics(t, 1)
		r.topicsOnly(t, 1)
		a.served(t)
	})
}
