package e2e

import (
	"encoding/json"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/client"
)

// newcomer is the customer that comes and goes.
const newcomer = "newcomer"

// customersComeAndGo: a customer that an operator adds reads what it is granted and nothing else, keeps its stream while its secret
// is rotated, and gets no token any more once it is removed.
func customersComeAndGo(t *testing.T, s Stack) {
	name := s.Own(newcomer)
	operator := func(args ...string) (told struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}) {
		t.Helper()
		out, err := s.OperatorCommand(t, append([]string{"admin", "customer", "-o", "json"}, args...)...).Output()
		if err == nil {
			err = json.Unmarshal(out, &told)
		}
		if err != nil {
			t.Fatalf("admin customer %v: %v", args, err)
		}
		return told
	}
	added := operator("add", name, "--grant", weather(s, "vt"))
	cfg := s.Client(t, Institute)
	cfg.Credentials.ClientID, cfg.Credentials.ClientSecret = added.ClientID, added.ClientSecret
	first := subscribeWith(t, s, cfg, client.Subscription{})
	wantRefusal(t, firstError(t, cfg, []string{"weather.us.*"}), codes.PermissionDenied, "weather.us.*")
	all := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "vt"), weather(s, "nh")}})
	put(t, s, "KBTV", report(s, "vt", 1))
	put(t, s, "KMHT", report(s, "nh", 1))
	all.take(t, 2)
	if ev := first.take(t, 1)[0]; ev.Topic != weather(s, "vt") {
		t.Errorf("got an event of %s", ev.Topic)
	}

	rotated := operator("rotate", name)
	next := cfg
	next.Credentials.ClientSecret = rotated.ClientSecret
	both := []*subscriber{subscribeWith(t, s, cfg, client.Subscription{}), subscribeWith(t, s, next, client.Subscription{})}
	operator("rotate", name, "--drop=old")
	wantRefusal(t, firstError(t, cfg, nil), codes.Unauthenticated, "invalid_client")
	put(t, s, "KBTV", report(s, "vt", 2))
	for _, sub := range append(both, first, subscribeWith(t, s, next, client.Subscription{Start: client.Earliest()})) {
		sub.take(t, 1)
	}

	operator("remove", name)
	wantRefusal(t, firstError(t, next, nil), codes.Unauthenticated, "invalid_client")
	first.nothing(t)
}
