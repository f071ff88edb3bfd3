package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/topic"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// attackScopes: scopes that grant nothing here.
func attackScopes(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	const nothing = "the token grants nothing"
	for _, tt := range []struct {
		name  string
		scope any
		code  codes.Code
		says  string
	}{
		{"missing", nil, codes.PermissionDenied, nothing},
		{"empty", "", codes.PermissionDenied, nothing},
		{"blanks", "   ", codes.PermissionDenied, nothing},
		{"of another resource server", "elsewhere/news.>", codes.PermissionDenied, nothing},
		{"of one with a longer name", "spillway2/news.> xspillway/news.>", codes.PermissionDenied, nothing},
		{"of one in another case", "Spillway/news.> SPILLWAY/>", codes.PermissionDenied, nothing},
		{"of one inside another", "elsewhere/spillway/news.>", codes.PermissionDenied, nothing},
		{"of none", "/news.> news.> spillway", codes.PermissionDenied, nothing},
		{"of OpenID", "openid email aws.cognito.signin.user.admin", codes.PermissionDenied, nothing},
		{"no pattern", "spillway/ spillway/news..a spillway/ne*s spillway/>.a", codes.PermissionDenied, nothing},
		{"behind a tab", "elsewhere/x\tspillway/news.>", codes.PermissionDenied, nothing},
		{"as a list", []string{"spillway/news.>"}, codes.Unauthenticated, "scope must be a text"},
		{"as an object", object{"spillway/news.>": true}, codes.Unauthenticated, "scope must be a text"},
		{"too many", strings.Join(scopesOf(51), " "), codes.Unauthenticated, "at most 50 are allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, req := range []*spillwayv1.SubscribeRequest{{}, {Patterns: []string{"news.a"}}} {
				err := a.attempt(a.bearer(t, m.claim("scope", tt.scope)), req)
				wantStatus(t, err, tt.code, tt.says)
				a.told.status(err)
			}
		})
	}
	t.Run("duplicate", func(t *testing.T) {
		token := sign(jwt.SigningMethodRS256, m.key, m.header(nil), `{"scope":"spillway/>",`+m.claims(nil)[1:])
		a.refuse(t, token, codes.Unauthenticated, "a field twice")
	})
	a.served(t)
}

func scopesOf(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("spillway/news.%d", i)
	}
	return all
}

// attackPatterns: patterns that are near what is granted.
func attackPatterns(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	many := strings.Split(strings.Repeat("news.a ", MaxPatterns+1), " ")
	for _, tt := range []struct {
		name, grant string
		asked       []string
		code        codes.Code
		says        string
	}{
		{"token that begins alike", "weather.us.n", []string{"weather.us.ny"}, codes.PermissionDenied, `"weather.us.ny" is not covered`},
		{"token that is the beginning", "weather.us.ny", []string{"weather.us.n"}, codes.PermissionDenied, `"weather.us.n" is not covered`},
		{"deeper than *", "weather.us.*", []string{"weather.us.ny.x"}, codes.PermissionDenied, `"weather.us.ny.x" is not covered`},
		{"> where * is granted", "weather.us.*", []string{"weather.us.>"}, codes.PermissionDenied, `"weather.us.>" is not covered`},
		{"* where a token is granted", "weather.us.ny", []string{"weather.us.*"}, codes.PermissionDenied, `"weather.us.*" is not covered`},
		{"* before the grant", "weather.us.ny", []string{"*.us.ny"}, codes.PermissionDenied, `"*.us.ny" is not covered`},
		{"*.> where > of less is granted", "weather.>", []string{"*.>"}, codes.PermissionDenied, `"*.>" is not covered`},
		{"everything", "weather.us.*", []string{">"}, codes.PermissionDenied, `">" is not covered`},
		{"the parent", "weather.us.>", []string{"weather.us"}, codes.PermissionDenied, `"weather.us" is not covered`},
		{"another case", "weather.us.ny", []string{"Weather.US.NY"}, codes.PermissionDenied, "is not covered"},
		{"one of several", "weather.us.*", []string{"weather.us.ny", "weather.ca.on"}, codes.PermissionDenied, `"weather.ca.on" is not covered`},
		{"the gap between grants", "weather.us.ny spillway/weather.us.pa", []string{"weather.us.*"}, codes.PermissionDenied, "is not covered"},
		{"depths that grants leave out", "news.* spillway/news.*.*.>", []string{"news.>"}, codes.PermissionDenied, "is not covered"},
		{"operators' topic by >", ">", []string{topic.Unrouted}, codes.PermissionDenied, "is not covered"},
		{"operators' topics by >", ">", []string{"$spillway.>"}, codes.PermissionDenied, "is not covered"},
		{"operators' topic by *.unrouted", "*.unrouted", []string{topic.Unrouted}, codes.PermissionDenied, "is not covered"},
		{"operators' topics by *.>", "*.>", []string{"$spillway.>"}, codes.PermissionDenied, "is not covered"},
		{"pattern with a NUL", "news.a", []string{"news.a\x00"}, codes.InvalidArgument, "is not allowed"},
		{"pattern with a blank", "news.a", []string{"news.a "}, codes.InvalidArgument, "is not allowed"},
		{"pattern with a line end", "news.a", []string{"news.a\nnews.b"}, codes.InvalidArgument, "is not allowed"},
		{"pattern with an empty token", "news.>", []string{"news..a"}, codes.InvalidArgument, "empty token"},
		{"pattern with > inside", "news.>", []string{"news.>.a"}, codes.InvalidArgument, "may only be the last"},
		{"empty pattern", "news.>", []string{""}, codes.InvalidArgument, "must not be empty"},
		{"pattern that is huge", "news.>", []string{"news." + strings.Repeat("a", 1000)}, codes.InvalidArgument, "at most 256"},
		{"pattern that is deep", "news.>", []string{strings.Repeat("a.", 100) + "a"}, codes.InvalidArgument, "at most 16"},
		{"too many patterns", "news.>", many[:MaxPatterns+1], codes.InvalidArgument, "patterns: there are 65"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := a.attempt(a.bearer(t, m.claim("scope", "spillway/"+tt.grant)), &spillwayv1.SubscribeRequest{Patterns: tt.asked})
			wantStatus(t, err, tt.code, tt.says)
			a.told.status(err)
		})
	}
	for _, tt := range []struct {
		name, grant string
		others      []string // that must not come
		own         string
	}{
		{"events beside weather.us.n", "weather.us.n", []string{"weather.us.ny", "weather.us", "weather.us.n.x"}, "weather.us.n"},
		{"events beside weather.us.*", "weather.us.*", []string{"weather.us.ny.x", "weather.us", "weather.usa.ny"}, "weather.us.ny"},
		{"events beside weather.>", "weather.>", []string{"weather", "weatherx.a", topic.Unrouted}, "weather.a.b.c"},
		{"operators' events by >", ">", []string{topic.Unrouted, "$spillway.other"}, "news.own"},
		{"operators' events by * and *.>", "* spillway/*.* spillway/*.>", []string{topic.Unrouted}, "news.own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := a.subscribe(t, a.bearer(t, m.claim("scope", "spillway/"+tt.grant)), &spillwayv1.SubscribeRequest{})
			a.only(t, r, tt.others, tt.own)
		})
	}
	t.Run("an event twice by patterns that overlap", func(t *testing.T) {
		r := a.subscribe(t, a.bearer(t, m.claim("scope", "spillway/news.> spillway/news.>")), &spillwayv1.SubscribeRequest{Patterns: []string{"news.a", "news.a", "news.*", "news.>"}})
		seen := a.subscribe(t, a.as(t, otherID, "spillway/>"), &spillwayv1.SubscribeRequest{})
		a.put(t, "news.a")
		seen.topics(t, 1) // lanes have no order among each other
		a.only(t, r, nil, "news.a", "news.b")
	})
}

// only puts events that a stream must not get, and then those that it must, alone.
func (a *arena) only(t *testing.T, r *reader, others []string, own ...string) {
	t.Helper()
	all := a.subscribe(t, a.as(t, otherID, "spillway/> spillway/$spillway.>"), &spillwayv1.SubscribeRequest{})
	if len(others) > 0 {
		a.put(t, others...)
		all.topics(t, len(others)) // the gateway has seen them
	}
	last := own[len(own)-1]
	a.put(t, last)
	got := r.topics(t, len(own))
	a.put(t, last) // lanes have no order among each other: what was behind is there before the second
	got = append(got, r.topics(t, len(own)+1-len(got))...)
	if diff := cmp.Diff(append(own, last), got); diff != "" {
		t.Error(diff)
	}
}

// attackCursors: positions that the client was not given.
func attackCursors(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	r := a.subscribe(t, a.bearer(t, m.token(nil, nil)), &spillwayv1.SubscribeRequest{Patterns: []string{"news.>"}})
	for range 2 {
		a.served(t)
		r.topics(t, 1)
	}
	base, step := r.cursor.GetBase(), r.cursor.GetStep()
	older := bytes.Clone(base)
	older[len(older)/2]--
	for _, tt := range []struct {
		name       string
		client     string
		base, step []byte
		says       string
	}{
		{"of another client", otherID, base, step, "was not made by this service for this client"},
		{"of another client, its base alone", otherID, base, nil, "was not made by this service for this client"},
		{"changed", clientID, older, step, "was not made by this service for this client"},
		{"with another tag", clientID, append(base[:len(base)-1:len(base)-1], base[len(base)-1]^1), step, "was not made by this service for this client"},
		{"step changed", clientID, base, append(step[:len(step)-1:len(step)-1], step[len(step)-1]^1), "was not made by this service for this client"},
		{"step of another base", clientID, a.honest.cursor.GetBase(), step, "cursor"},
		{"cut short", clientID, base[:8], nil, "too short"},
		{"of another version", clientID, append([]byte{9}, base[1:]...), nil, "version 9"},
		{"empty", clientID, nil, nil, "too short"},
		{"huge", clientID, bytes.Repeat([]byte{2}, 40_000), nil, "at most"},
		{"huge step", clientID, base, bytes.Repeat([]byte{2}, 40_000), "at most"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := a.bearer(t, m.token(nil, object{"client_id": tt.client, "sub": tt.client}))
			err := a.attempt(ctx, &spillwayv1.SubscribeRequest{Start: &spillwayv1.SubscribeRequest_Cursor{Cursor: &spillwayv1.Cursor{Base: tt.base, Step: tt.step}}})
			wantStatus(t, err, codes.InvalidArgument, "cursor: ")
			wantStatus(t, err, codes.InvalidArgument, tt.says)
			a.told.status(err)
		})
	}
	t.Run("its own is none of wider grants", func(t *testing.T) {
		a.put(t, "weather.us.ny") // after the cursor
		ctx := a.bearer(t, m.claim("scope", "spillway/news.>"))
		start := &spillwayv1.SubscribeRequest_Cursor{Cursor: r.cursor}
		wantStatus(t, a.attempt(ctx, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.ny"}, Start: start}), codes.PermissionDenied, "is not covered")
		a.only(t, a.subscribe(t, ctx, &spillwayv1.SubscribeRequest{Start: start}), []string{"weather.us.pa"}, "news.own")
	})
}
