package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// access: who has no valid token reads nothing, and who has one reads what it
// grants; each refusal says what to do.
func access(t *testing.T, s Stack) {
	good := token(t, s, NewYork)
	parts := strings.Split(good, ".")
	tests := []struct {
		name, customer, token string
		patterns              []string
		code                  codes.Code
		says                  string
	}{
		{"garbage token", "", "garbage", nil, codes.Unauthenticated, "not a JWT"},
		{"changed token", "", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), nil, codes.Unauthenticated, "signature"},
		{"pattern outside the grants", NewYork, "", []string{weather(s, "pa")}, codes.PermissionDenied, strconv.Quote(weather(s, "pa"))},
		{"pattern wider than the grants", NewYork, "", []string{"weather.us.*"}, codes.PermissionDenied, `"weather.us.*"`},
		{"operators' topic", Institute, "", []string{"$spillway.unrouted"}, codes.PermissionDenied, `"$spillway.unrouted"`},
		{"pattern with an empty token", Institute, "", []string{"weather..us"}, codes.InvalidArgument, "patterns[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := s.Client(t, NewYork)
			if tt.customer != "" {
				cfg = s.Client(t, tt.customer)
			} else {
				cfg.Credentials = client.Credentials{Token: tt.token}
			}
			wantRefusal(t, firstError(t, cfg, tt.patterns), tt.code, tt.says)
		})
	}
	t.Run("no token", func(t *testing.T) { noToken(t, s.Client(t, NewYork)) })
	t.Run("no grants beyond one's own", func(t *testing.T) {
		c, err := client.New(s.Client(t, NewYork))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		got, err := c.Access(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got.Grants, " ") != weather(s, "ny") || got.Retention <= 0 {
			t.Errorf("access %+v", got)
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		cfg := s.Client(t, NewYork)
		cfg.Credentials.ClientSecret = strings.Repeat("x", 52)
		if err := firstError(t, cfg, nil); err == nil || !strings.Contains(err.Error(), "invalid_client") {
			t.Errorf("a wrong secret: %v", err)
		}
	})
}

// expiredToken: what was a good token once is refused, and told when it ended.
func expiredToken(t *testing.T, s Stack) {
	cfg := s.Client(t, NewYork)
	cfg.Credentials = client.Credentials{Token: s.ExpiredToken(t, NewYork)}
	wantRefusal(t, firstError(t, cfg, nil), codes.Unauthenticated, "expired at")
}

// noToken: who sends none, which the client cannot do, is refused at every method.
func noToken(t *testing.T, cfg client.Config) {
	stub := spillwayv1.NewStreamServiceClient(dial(t, cfg))
	_, err := stub.GetAccess(t.Context(), &spillwayv1.GetAccessRequest{})
	wantRefusal(t, err, codes.Unauthenticated, "no token: send the header")
	stream, err := stub.Subscribe(t.Context(), &spillwayv1.SubscribeRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	wantRefusal(t, err, codes.Unauthenticated, "no token: send the header")
}

// token gets an access token as the command line does.
func token(t *testing.T, s Stack, customer string) string {
	t.Helper()
	cmd := s.Command(t, customer)
	out, err := exec.CommandContext(t.Context(), cmd[0], append(cmd[1:], "token")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// firstError subscribes and returns what comes instead of an event.
func firstError(t *testing.T, cfg client.Config, patterns []string) error {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for ev, err := range c.Subscribe(client.Subscription{Patterns: patterns}).Events(t.Context()) {
		if err != nil {
			return err
		}
		t.Fatalf("an event: %+v", ev)
	}
	return nil
}

func wantRefusal(t *testing.T, err error, code codes.Code, says string) {
	t.Helper()
	if status.Code(err) != code || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want %v that says %q", err, code, says)
	}
}

// commandLine: the program spillway as a customer uses it.
func commandLine(t *testing.T, s Stack) {
	cmd := s.Command(t, NewYork)
	sub := exec.CommandContext(t.Context(), cmd[0], append(cmd[1:], "subscribe", weather(s, "ny"), "-o", "json", "--count", "2", "--timeout", patience.String())...)
	stdout, live := start(t, sub)
	live(t, "subscribed")
	for temp := 71; temp <= 72; temp++ {
		put(t, s, "KNYC", fmt.Appendf(nil, `{"state":%q,"temp":%d}`, s.Own("ny"), temp))
	}
	if err := sub.Wait(); err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	for i, line := range strings.Split(strings.TrimSpace(stdout.String()), "\n") {
		var ev struct {
			Topic        string
			PartitionKey string `json:"partition_key"`
			Data         struct{ Temp int }
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil || ev.Topic != weather(s, "ny") || ev.PartitionKey != "KNYC" || ev.Data.Temp != 71+i {
			t.Errorf("line %d: %s (%v)", i, line, err)
		}
	}
	denied := exec.CommandContext(t.Context(), cmd[0], append(cmd[1:], "subscribe", weather(s, "pa"))...)
	out, err := denied.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), weather(s, "pa")) {
		t.Errorf("a pattern that is not granted: %v\n%s", err, out)
	}
	t.Run("aws", func(t *testing.T) { awsCommandLine(t, s) })
}
