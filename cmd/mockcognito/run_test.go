package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2/clientcredentials"
)

const poolFile = `
pools:
  - id: us-east-1_Local0001
    name: weather
    domain: spillway
    resource_servers:
      - identifier: spillway
        scopes: [weather.us.ny]
    clients:
      - name: news
        id: 1example23456789
        secret: 9example87654321+secret_
        scopes: [spillway/weather.us.ny]
`

func writePoolFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pools.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is a log line.
type line struct {
	Msg     string
	Name    string
	Address string
	Pools   []readyPool
}

// started is a run of the program that has said it is ready.
type started struct {
	ready  line
	before []line
	stop   func() error
}

func start(t *testing.T, environ ...string) started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, nil, environ, write, io.Discard)
		ended <- errors.Join(err, write.Close())
	}()
	s := started{stop: func() error { cancel(); return <-ended }}
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		var entry line
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if entry.Msg == "ready" {
			s.ready = entry
			go func() { _, _ = io.Copy(io.Discard, read) }() // ends when the program closes its side
			return s
		}
		s.before = append(s.before, entry)
	}
	t.Fatalf("ended before it was ready: %v", <-ended)
	return s
}

func TestRunServesUntilStopped(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state.json")
	program := start(t, "SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:0", "SPILLWAY_MOCKCOGNITO_CONFIG="+writePoolFile(t, poolFile),
		"SPILLWAY_MOCKCOGNITO_STATE="+state, "SPILLWAY_MOCKCOGNITO_STAET=x")
	if len(program.before) != 1 || program.before[0].Name != "SPILLWAY_MOCKCOGNITO_STAET" {
		t.Errorf("lines before ready: %+v, want the unknown variable", program.before)
	}
	base := "http://" + program.ready.Address
	pool := program.ready.Pools[0]
	cfg := clientcredentials.Config{
		ClientID: "1example23456789", ClientSecret: "9example87654321+secret_", TokenURL: base + pool.TokenPath,
	}
	token, err := cfg.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(token.Expiry); left < 59*time.Minute {
		t.Errorf("token expires in %s", left)
	}
	for _, path := range []string{pool.JwksPath, "/healthz"} {
		if status := statusOf(t, base+path); status != http.StatusOK {
			t.Errorf("GET %s: %d", path, status)
		}
	}
	if err := program.stop(); err != nil {
		t.Errorf("stopped: %v", err)
	}
	if conn, err := net.Dial("tcp", program.ready.Address); err == nil {
		conn.Close()
		t.Error("the port is still open")
	}
	if _, err := os.Stat(state); err != nil {
		t.Error(err)
	}
}

func TestRunWithoutPoolFile(t *testing.T) {
	t.Parallel()
	program := start(t, "SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:0", "SPILLWAY_MOCKCOGNITO_REGION=eu-west-1", "SPILLWAY_MOCKCOGNITO_ACCOUNT_ID=123456789012")
	if len(program.ready.Pools) != 0 {
		t.Errorf("pools at the start: %+v", program.ready.Pools)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+program.ready.Address+"/", strings.NewReader(`{"PoolName":"made"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.CreateUserPool")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=any/20261101/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), `"Arn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_`) {
		t.Errorf("%d %s (%v)", resp.StatusCode, body, err)
	}
	if err := program.stop(); err != nil {
		t.Errorf("stopped: %v", err)
	}
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestRunNamesABusyPort(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	state := filepath.Join(t.TempDir(), "state.json")
	err = run(t.Context(), nil, []string{
		"SPILLWAY_MOCKCOGNITO_LISTEN=" + lis.Addr().String(), "SPILLWAY_MOCKCOGNITO_CONFIG=" + writePoolFile(t, poolFile),
		"SPILLWAY_MOCKCOGNITO_STATE=" + state,
	}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), lis.Addr().String()+": the port is in use") {
		t.Errorf("run: %v", err)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state file was touched: %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	broken := writePoolFile(t, "pools:\n  - name: weather\n    colour: red\n")
	tests := map[string]struct {
		args, environ []string
		want          string
		code          int
	}{
		"an argument":     {[]string{"serve"}, nil, `unexpected argument "serve"`, 2},
		"no pool file":    {nil, []string{"SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:0", "SPILLWAY_MOCKCOGNITO_CONFIG=none.yaml"}, "SPILLWAY_MOCKCOGNITO_CONFIG: read pool configuration: open none.yaml", 1},
		"no account":      {nil, []string{"SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:0", "SPILLWAY_MOCKCOGNITO_ACCOUNT_ID=1"}, "account_id: must have 12 to 12 characters", 1},
		"nobody listens":  {[]string{"health"}, []string{"SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:1"}, "connection refused", 1},
		"wrong pool file": {nil, []string{"SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:0", "SPILLWAY_MOCKCOGNITO_CONFIG=" + broken}, `pools[0]: line 3: unknown key "colour"`, 1},
		"state is a directory": {
			nil, []string{
				"SPILLWAY_MOCKCOGNITO_LISTEN=127.0.0.1:0", "SPILLWAY_MOCKCOGNITO_CONFIG=" + writePoolFile(t, poolFile),
				"SPILLWAY_MOCKCOGNITO_STATE=" + t.TempDir(),
			},
			"not a regular file", 1,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, help bytes.Buffer
			err := run(t.Context(), test.args, test.environ, &out, &help)
			if err == nil || !strings.Contains(err.Error(), test.want) || exitCode(err) != test.code {
				t.Errorf("run: %v, exit code %d, want %q and %d", err, exitCode(err), test.want, test.code)
			}
			if wantHelp := test.code == 2; wantHelp != strings.Contains(help.String(), "Environment:") {
				t.Errorf("standard error: %s", help.String())
			}
		})
	}
}
