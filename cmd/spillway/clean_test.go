package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// checkClean fails if a run has told the secret or a token.
func checkClean(t *testing.T, got result) {
	t.Helper()
	text := fmt.Sprint(got.stdout, got.stderr, got.err)
	for _, secret := range append(strings.Split(validToken(), ".")[1:2], "s3cret") {
		if strings.Contains(text, secret) {
			t.Errorf("%s is told in:\n%s", secret, text)
		}
	}
}

// TestNoSecretIsTold runs everything in every way that goes wrong.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1")}
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":%q,"error_description":%[1]q}`, body)
	}))
	t.Cleanup(echo.Close)
	commands := []string{
		"", "--help", "--version", "help subscribe", "subscribe --help", "produce --help", "token --help", "access --help", "admin --help", "admin replay --help", "admin customer --help", "admin customer list", "completion bash",
		"subscribe -n 1", "subscribe -n 1 -o json", "subscribe weather.us.>", "subscribe --filter x -n 1", "subscribe --timeout 1ms", "subscribe --from x",
		"access", "access -o json", "access -o xml", "token --claims", "token x", "produce x", "produce --key a", "admin", "admin replay", "nothing",
		"access --client-secret s3cret", "access --client-secret=s3cret", "access -s3cret", "access --=s3cret", "token --token-url https://news:s3cret@127.0.0.1/",
		"access --endpoint https://news:s3cret@127.0.0.1", "access --endpoint 127.0.0.1:1 --ca-file none", "access --endpoint news:s3cret@127.0.0.1:1",
		"token --token-url http://127.0.0.1:1/x", "token --token-url " + c.endpoint, "token --token-url " + echo.URL, "access --token-url " + echo.URL, "subscribe --token-url " + echo.URL,
		"access --token-url http://" + c.endpoint, "access --cert-file none --key-file none", "access --endpoint " + strings.TrimPrefix(echo.URL, "http://"),
	}
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			checkClean(t, spillway(t.Context(), c.env(), "", strings.Fields(command)...))
			given := map[string]string{"SPILLWAY_ENDPOINT": c.endpoint, "SPILLWAY_TOKEN": validToken() + "\n"}
			checkClean(t, spillway(t.Context(), given, "", strings.Fields(command)...))
		})
	}
}

// TestNoSecretOfAFileIsTold, whatever is wrong with the file.
func TestNoSecretOfAFileIsTold(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"clientSecret: s3cret\nx: y\n", "clientSecret s3cret\n", "clientSecret=s3cret\n", "clientSecret=s3cret: x\n", "s3cret: x\n", "clientSecret: [s3cret\n", "clientSecret: {s3cret: s3cret}\n",
		"clientSecret: *s3cret\n", "clientSecret: &s3cret\n", "clientSecret: !s3cret x\n", "clientSecret: !!int s3cret\n", "clientSecret: \"s3cret\n", "clientSecret: @s3cret\n", "clientSecret: %s3cret\n",
		"clientSecret: s3cret: s3cret\n", "clientSecret: [[s3cret]]\n", "clientSecret: s3cret\nclientSecret: s3cret\n", "s3cret: a\ns3cret: b\n", "- s3cret\n", "clientSecret:\ts3cret\n", "clientSecret: s3cret\n x\n", "s3cret", "<<: s3cret\n",
		"clientSecret: s3cret\x00\n", "clientSecret: \"\\s3cret\"\n", strings.Repeat("clientSecret: s3cret\n", 5000),
	} {
		path := write(t, filepath.Join(t.TempDir(), "p.yaml"), text, 0o600)
		got := spillway(t.Context(), nil, "", "access", "--config", path)
		if got.err == nil {
			t.Errorf("%.60q is fine", text)
		}
		checkClean(t, got)
	}
}

// TestDebuggingTellsNoSecret: the variables that have gRPC and net/http tell what they
// do have them tell no secret, nor does the process's command line.
func TestDebuggingTellsNoSecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.sends(batch(1, "1"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"subscribe", "-n", "1"}, {"access"}, {"subscribe", "weather.us.>"}} {
		cmd := exec.CommandContext(t.Context(), self, args...)
		cmd.Env = []string{asCommand + "=1", "GRPC_GO_LOG_SEVERITY_LEVEL=info", "GRPC_GO_LOG_VERBOSITY_LEVEL=99", "GODEBUG=http2debug=2", "GOTRACEBACK=all"}
		for name, value := range c.env() {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		if !strings.Contains(out.String(), "INFO: ") {
			t.Errorf("%v: gRPC tells nothing: %v, %s", args, err, out.String())
		}
		checkClean(t, result{stdout: out.String(), err: err})
	}
}
