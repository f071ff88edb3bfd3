package gateway

import (
	"cmp"
	"encoding/base64"
	"strings"
	"testing"
)

// attackHeaders: a good token in a place or form in which it does not count, and what
// HTTP/2 lets one do with headers.
func attackHeaders(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	good := m.token(nil, nil)
	a.told.used(good)
	bad := m.stolen(nil)
	a.told.used(bad)
	for _, tt := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"no token", nil, "Unauthenticated: no token"},
		{"two authorization headers, both good", []string{"authorization", "Bearer " + good, "authorization", "Bearer " + good}, "Unauthenticated: more than one"},
		{"two authorization headers, the good one first", []string{"authorization", "Bearer " + good, "authorization", "Bearer " + bad}, "Unauthenticated: more than one"},
		{"two authorization headers, the good one last", []string{"authorization", "Bearer " + bad, "authorization", "Bearer " + good}, "Unauthenticated: more than one"},
		{"two authorization headers, one empty", []string{"authorization", "", "authorization", "Bearer " + good}, "Unauthenticated: more than one"},
		{"two tokens in one header", []string{"authorization", "Bearer " + bad + ", Bearer " + good}, "Unauthenticated: the token is not a JWT"},
		{"two tokens in one header, both good", []string{"authorization", "Bearer " + good + ",Bearer " + good}, "Unauthenticated: the token is not a JWT"},
		{"empty authorization", []string{"authorization", ""}, "Unauthenticated: the authorization header is no bearer token"},
		{"no scheme", []string{"authorization", good}, "Unauthenticated: the authorization header is no bearer token"},
		{"scheme only", []string{"authorization", "Bearer"}, "Unauthenticated: the authorization header is no bearer token"},
		{"scheme and a blank", []string{"authorization", "Bearer "}, "Unauthenticated: the authorization header is no bearer token"},
		{"scheme Basic", []string{"authorization", "Basic " + good}, "Unauthenticated: the authorization header is no bearer token"},
		{"scheme BearerX", []string{"authorization", "BearerX " + good}, "Unauthenticated: the authorization header is no bearer token"},
		{"scheme with a NUL", []string{"authorization", "Bearer\x00 " + good}, "reset: PROTOCOL_ERROR"},
		{"blanks before the scheme", []string{"authorization", "  Bearer " + good}, "Unauthenticated: the authorization header is no bearer token"},
		{"two blanks after the scheme", []string{"authorization", "Bearer  " + good}, "Unauthenticated: the token is not a JWT"},
		{"tab after the scheme", []string{"authorization", "Bearer\t" + good}, "Unauthenticated: the authorization header is no bearer token"},
		{"tab inside the token", []string{"authorization", "Bearer " + good[:40] + "\t" + good[40:]}, "Unauthenticated: the token is not a JWT"},
		{"token with a NUL", []string{"authorization", "Bearer " + good + "\x00"}, "reset: PROTOCOL_ERROR"},
		{"token with a line end", []string{"authorization", "Bearer " + good + "\r\nx: y"}, "reset: PROTOCOL_ERROR"},
		{"token not of ASCII", []string{"authorization", "Bearer " + good + "é"}, "Unauthenticated: the token is not a JWT"},
		{"token of 1 MB", []string{"authorization", "Bearer " + strings.Repeat(good, 1<<20/len(good))}, "connection ended"},
		{"Authorization in upper case", []string{"Authorization", "Bearer " + good}, "reset: PROTOCOL_ERROR"},
		{"authorization-bin", []string{"authorization-bin", base64.StdEncoding.EncodeToString([]byte("Bearer " + good))}, "Unauthenticated: no token"},
		{"authorization-bin that is not of base64", []string{"authorization-bin", "Bearer !"}, "Internal: malformed binary metadata"},
		{":authorization", []string{":authorization", "Bearer " + good}, "reset: PROTOCOL_ERROR"},
		{"proxy-authorization", []string{"proxy-authorization", "Bearer " + good}, "Unauthenticated: no token"},
		{"grpc-metadata-authorization", []string{"grpc-metadata-authorization", "Bearer " + good}, "Unauthenticated: no token"},
		{"token in a cookie", []string{"cookie", "access_token=" + good}, "Unauthenticated: no token"},
		{"identity of a proxy", []string{"x-amzn-oidc-identity", clientID, "x-forwarded-user", clientID, "x-amzn-oidc-accesstoken", good}, "Unauthenticated: no token"},
		{"header list larger than the limit", []string{"authorization", "Bearer " + good, "x-large", strings.Repeat("x", maxHeaderBytes)}, "reset: FRAME_SIZE_ERROR"},
		{"many headers", many(2000), "reset: FRAME_SIZE_ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.both(t, append(fields(methodAccess), tt.fields...), tt.want, tt.want)
		})
	}
	for _, scheme := range []string{"bearer", "BEARER", "bEaReR"} {
		t.Run("scheme "+scheme+" is no attack", func(t *testing.T) { // RFC 7235, 2.1
			if got := a.wire(t).call(fields(methodAccess, "authorization", scheme+" "+good)); got != "OK: " {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("compressed headers that are huge", func(t *testing.T) { attackHPACK(t, a) })
	a.served(t)
}

// both makes a call on a connection of a stranger, and on one of a customer.
func (a *arena) both(t *testing.T, fields []string, stranger, customer string) {
	t.Helper()
	w := a.wire(t)
	w.wantEnd(t, w.call(fields), stranger)
	w = a.wire(t)
	w.introduce(t, a.mint)
	w.wantEnd(t, w.call(fields), customer)
}

// introduce makes a call with a good token.
func (w *wire) introduce(t *testing.T, m *mint) {
	t.Helper()
	token := m.token(nil, nil)
	w.told.used(token)
	if got := w.call(fields(methodAccess, "authorization", "Bearer "+token)); got != "OK: " {
		t.Errorf("a good token: %q", got)
	}
	w.data = 0
}

// many are n headers.
func many(n int) []string {
	var all []string
	for range n {
		all = append(all, "x-many", "x")
	}
	return all
}

// attackHPACK refers to one header of the table over and over: a few KB say 100 MB.
func attackHPACK(t *testing.T, a *arena) {
	bounded(t, func(height func()) {
		w := a.wire(t)
		w.enc.SetMaxDynamicTableSizeLimit(4096)
		block := w.block(fields(methodAccess, "x-large", strings.Repeat("x", 3500)))
		for range 30_000 {
			block = append(block, w.block([]string{"x-large", strings.Repeat("x", 3500)})...)
		}
		_ = w.headers(1, block) // it may be cut off before all is written
		w.wantEnd(t, w.answer(1), "connection ended")
		height()
		w.conn.Close()
	})
}

// attackMethods calls what is not for callers without a token.
func attackMethods(t *testing.T, m *mint) {
	a := newArena(t, m, func(c *Config) { c.Reflection = true })
	good := m.token(nil, nil)
	a.told.used(good)
	for _, tt := range []struct{ name, path, want string }{
		{"GetAccess", methodAccess, "Unauthenticated: no token"},
		{"Subscribe", methodSubscribe, "Unauthenticated: no token"},
		{"Renew", "/spillway.v1.StreamService/Renew", "Unauthenticated: no token"},
		{"reflection", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "Unauthenticated: no token"},
		{"reflection of old", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "Unauthenticated: no token"},
		{"channelz", "/grpc.channelz.v1.Channelz/GetServers", "Unauthenticated: no token"},
		{"client status", "/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus", "Unauthenticated: no token"},
		{"method that is none", "/spillway.v1.StreamService/Admin", "Unauthenticated: no token"},
		{"service that is none", "/spillway.v1.AdminService/Disconnect", "Unauthenticated: no token"},
		{"service like that of health", "/grpc.health.v1.Health2/Check", "Unauthenticated: no token"},
		{"method of health that is none", "/grpc.health.v1.Health/../GetAccess", "Unauthenticated: no token"},
		{"path of health before another", "/grpc.health.v1.Health/" + methodAccess, "Unauthenticated: no token"},
		{"name in another case", "/Spillway.V1.StreamService/getaccess", "Unauthenticated: no token"},
		{"path with two slashes", "/" + methodAccess, "Unauthenticated: no token"},
		{"path without a slash", "metrics", "Unimplemented: malformed method name"},
		{"token in the query", methodAccess + "?access_token=" + good, "Unauthenticated: no token"},
		{"token in the path", methodAccess + "/" + good, "Unauthenticated: no token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.both(t, fields(tt.path), "Unauthenticated: no token", tt.want)
		})
	}
	t.Run("reflection with a refused token", func(t *testing.T) {
		w := a.wire(t)
		w.wantEnd(t, w.call(fields("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "authorization", "Bearer "+m.stolen(nil))), "Unauthenticated: ")
	})
	t.Run("method that is none with a good token", func(t *testing.T) {
		w := a.wire(t)
		w.wantEnd(t, w.call(fields("/spillway.v1.AdminService/Disconnect", "authorization", "Bearer "+good)), "Unimplemented: there is no such method")
	})
	for _, tt := range []struct {
		name     string
		fields   []string
		want     string
		stranger string // if that is another
	}{
		{":path twice", fields("/grpc.health.v1.Health/Check", ":path", methodAccess), "reset: PROTOCOL_ERROR", ""},
		{":path twice at the front", append([]string{":path", "/grpc.health.v1.Health/Check"}, fields(methodAccess)...), "reset: PROTOCOL_ERROR", ""},
		{":method twice", append([]string{":method", "GET"}, fields(methodAccess)...), "reset: PROTOCOL_ERROR", ""},
		{":authority twice", append([]string{":authority", "localhost"}, fields(methodAccess)...), "reset: PROTOCOL_ERROR", ""},
		{"no :path", append([]string{":method", "POST", ":scheme", "http", ":authority", "x"}, "content-type", "application/grpc"), "Unimplemented: malformed method name", "Unauthenticated: no token"},
		{"GET", append([]string{":method", "GET"}, fields(methodAccess)[2:]...), "Internal: Received a HEADERS frame with :method", ""},
		{"metrics by HTTP/2", []string{":method", "GET", ":scheme", "http", ":path", "/metrics", ":authority", "x"}, "InvalidArgument: invalid gRPC request content-type", ""},
		{"connection header", fields(methodAccess, "connection", "upgrade"), "reset: PROTOCOL_ERROR", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.both(t, tt.fields, cmp.Or(tt.stranger, tt.want), tt.want)
		})
	}
	a.served(t)
}
