package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// soon is how fast what an operator decides is felt by streams that are open.
const soon = 10 * time.Second

// wantSoon wants something to have happened soon after a moment.
func wantSoon(t *testing.T, start time.Time, what string) {
	t.Helper()
	took := time.Since(start)
	t.Logf("%s %s after it", what, took)
	if took > soon {
		t.Errorf("%s %s after it, want at most %s", what, took, soon)
	}
}

// undisturbed is a subscription that stays connected.
func undisturbed(t *testing.T, patterns ...string) client.Subscription {
	return client.Subscription{
		Patterns:     patterns,
		OnDisconnect: func(d client.Disconnect) { t.Errorf("a stream of somebody else was disconnected: %v", d.Err) },
	}
}

// shutOut: a client on the operator's deny list is put out within seconds and not let in,
// until it is taken off the list; others do not notice.
func shutOut(t *testing.T, s Stack) {
	ny := subscribe(t, s, NewYork, client.Subscription{})
	other := subscribe(t, s, Institute, undisturbed(t, weather(s, "ny")))
	start := time.Now()
	s.SetPolicy(t, fmt.Sprintf("deny: [%s]\n", s.Client(t, NewYork).Credentials.ClientID))
	wantRefusal(t, ny.end(t), codes.PermissionDenied, "locked out by the operator")
	wantSoon(t, start, "the stream ended")
	wantRefusal(t, firstError(t, s.Client(t, NewYork), nil), codes.PermissionDenied, "locked out by the operator")
	put(t, s, "KNYC", report(s, "ny", 1))
	other.take(t, 1)
	ny.nothing(t)

	s.SetPolicy(t, "deny: []\n")
	back := subscribe(t, s, NewYork, client.Subscription{})
	put(t, s, "KNYC", report(s, "ny", 2))
	back.take(t, 1)
	other.take(t, 1)
	other.nothing(t)
}

// disconnect: an operator takes the tokens of a client back, without a change of policy. A
// stream of such a token ends, and the token is refused from then on; a client that gets
// a new one is back by itself, and has missed nothing.
func disconnect(t *testing.T, s Stack) {
	cfg := s.Client(t, NewYork)
	old := cfg
	old.Credentials = client.Credentials{Token: token(t, s, NewYork)}
	thief := subscribeWith(t, s, old, client.Subscription{})
	owner := subscribe(t, s, NewYork, client.Subscription{})
	other := subscribe(t, s, Institute, undisturbed(t, weather(s, "ny")))
	start := time.Now()
	out, err := s.OperatorCommand(t, "admin", "disconnect", cfg.Credentials.ClientID).CombinedOutput()
	if err != nil || !strings.Contains(string(out), cfg.Credentials.ClientID) {
		t.Fatalf("admin disconnect: %v\n%s", err, out)
	}
	put(t, s, "KNYC", report(s, "ny", 1)) // who comes back gets it, whenever that is
	wantRefusal(t, thief.end(t), codes.Unauthenticated, "taken back")
	wantSoon(t, start, "the stream of the old token ended")
	wantRefusal(t, firstError(t, old, nil), codes.Unauthenticated, "taken back")
	owner.awaitLive(t)
	wantSoon(t, start, "the client was back with a new token")
	put(t, s, "KNYC", report(s, "ny", 2))
	for i, ev := range owner.take(t, 2) {
		if want := fmt.Sprintf(`"number":%d,`, i+1); !contains(ev.Data, want) {
			t.Errorf("event %d is %s", i, ev.Data)
		}
	}
	other.take(t, 2)
	owner.nothing(t)
}

// attachedFilter: a filter that the operator attaches to a grant narrows what a customer
// gets, also of a stream that is open; one of the customer's own narrows it further, and
// cannot widen it.
func attachedFilter(t *testing.T, s Stack) {
	institute := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "co")}})
	other := subscribe(t, s, Operator, undisturbed(t, weather(s, "co")))
	const rule = "data.number >= 2"
	s.SetPolicy(t, fmt.Sprintf("filters:\n  - clients: [%s]\n    pattern: weather.us.>\n    filter: %s\n", s.Client(t, Institute).Credentials.ClientID, rule))
	institute.awaitLive(t) // it was asked to come back
	stub, ctx := raw(t, s, Institute)
	narrow := subscribeRaw(t, ctx, stub, weather(s, "co"), "data.number < 4")
	wide := subscribeRaw(t, ctx, stub, weather(s, "co"), "data.number < 4 || true")
	for i := range 6 {
		put(t, s, "KDEN", report(s, "co", i))
	}
	put(t, s, "KDEN", []byte(`{"state":"co"}`)) // has no number
	put(t, s, "KDEN", report(s, "co", 3))
	other.take(t, 8)
	for i, ev := range institute.take(t, 5) {
		if want := fmt.Sprintf(`"number":%d,`, []int{2, 3, 4, 5, 3}[i]); !contains(ev.Data, want) {
			t.Errorf("the institute's event %d is %s", i, ev.Data)
		}
	}
	institute.nothing(t)
	for name, tt := range map[string]struct {
		stream grpc.ServerStreamingClient[spillwayv1.SubscribeResponse]
		want   []string
	}{"narrower": {narrow, []string{"2", "3", "3"}}, "wider": {wide, []string{"2", "3", "4", "5", "3"}}} {
		if diff := cmp.Diff(tt.want, reported(t, tt.stream, len(tt.want))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	access, err := stub.GetAccess(ctx, &spillwayv1.GetAccessRequest{})
	if err != nil || access.GetGrantFilters()["weather.us.>"] != rule {
		t.Errorf("access: %v, %v", access, err)
	}
	broken, err := stub.Subscribe(ctx, &spillwayv1.SubscribeRequest{Filter: "data.number <"})
	if err == nil {
		_, err = broken.Recv()
	}
	wantRefusal(t, err, codes.InvalidArgument, "filter: ")
}

// raw returns the generated client, and a context with a token of a customer. It ends with
// the test.
func raw(t *testing.T, s Stack, customer string) (spillwayv1.StreamServiceClient, context.Context) {
	t.Helper()
	conn := dial(t, s.Client(t, customer))
	return spillwayv1.NewStreamServiceClient(conn), metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token(t, s, customer))
}

// subscribeRaw subscribes with a filter of the customer's own, and returns once that is live.
func subscribeRaw(t *testing.T, ctx context.Context, stub spillwayv1.StreamServiceClient, pattern, filter string) grpc.ServerStreamingClient[spillwayv1.SubscribeResponse] {
	t.Helper()
	stream, err := stub.Subscribe(ctx, &spillwayv1.SubscribeRequest{Patterns: []string{pattern}, Filter: filter})
	if err != nil {
		t.Fatal(err)
	}
	if first, err := stream.Recv(); err != nil || first.GetSubscribed() == nil {
		t.Fatalf("filter %s: %v, %v", filter, first, err)
	}
	return stream
}

// reported returns the numbers of the next n reports, or of more if they come together.
func reported(t *testing.T, stream grpc.ServerStreamingClient[spillwayv1.SubscribeResponse], n int) []string {
	t.Helper()
	var got []string
	for len(got) < n {
		resp, err := stream.Recv()
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		for _, ev := range resp.GetEvents().GetEvents() {
			_, rest, _ := strings.Cut(string(ev.GetData()), `"number":`)
			number, _, _ := strings.Cut(rest, ",")
			got = append(got, number)
		}
	}
	return got
}
