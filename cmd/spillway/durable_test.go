package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// asCommand is the variable that makes the test's binary the command.
const asCommand = "TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestPositionPath(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, state, home, want, says string }{
		{"", "", "", "", ""},
		{"news", "/state", "/home/me", "/state/spillway/news.position", ""},
		{"news-2.x_y", "", "/home/me", "/home/me/.local/state/spillway/news-2.x_y.position", ""},
		{"news", "relative", "/home/me", "/home/me/.local/state/spillway/news.position", ""},
		{"./news", "/state", "/home/me", "news", ""},
		{"/var/lib/x/../news", "", "", "/var/lib/news", ""},
		{"news", "", "", "", "neither XDG_STATE_HOME nor HOME is an absolute path"},
		{"../", "", "/home/me", "", `--durable is "../", which is a directory`},
		{"..", "", "/home/me", "", `--durable is "..", must be a name`},
		{"-n", "", "/home/me", "", `--durable is "-n", must be a name`},
		{"a b", "", "/home/me", "", `--durable is "a b", must be a name`},
		{strings.Repeat("x", 101), "", "/home/me", "", "at most 100 letters"},
	}
	for _, tt := range tests {
		env := map[string]string{"XDG_STATE_HOME": tt.state, "HOME": tt.home}
		got, err := positionPath(func(name string) string { return env[name] }, tt.name)
		if got != tt.want || (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q with %q and %q: %q, %v, want %q or %q", tt.name, tt.state, tt.home, got, err, tt.want, tt.says)
		}
	}
}

func TestDurable(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1", "2", "3"), batch(2, "4")}
	env := c.env()
	env["XDG_STATE_HOME"] = t.TempDir()
	path := filepath.Join(env["XDG_STATE_HOME"], "spillway", "news.position")
	args := []string{"subscribe", "weather.us.ny", "--durable", "news", "--from", "earliest", "-n", "2"}
	shown := func(want ...string) {
		t.Helper()
		got := spillway(t.Context(), env, "", args...)
		var data []string
		for line := range strings.Lines(got.stdout) {
			data = append(data, line[len(line)-2:len(line)-1])
		}
		if diff := cmp.Diff(want, data); diff != "" || got.err != nil {
			t.Errorf("err %v, shown (-want +got):\n%s", got.err, diff)
		}
	}
	shown("1", "2") // and leaves in the midst of a response
	if c.lastRequest().GetOrigin() != spillwayv1.Origin_ORIGIN_EARLIEST {
		t.Errorf("first start = %v", c.lastRequest().GetStart())
	}
	shown("3", "4") // of the same two responses, which come again
	if cursor := c.lastRequest().GetCursor(); string(cursor.GetBase()) != "base" || string(cursor.GetStep()) != "\x00" {
		t.Errorf("second start = %v, want the cursor before the response that was left", c.lastRequest().GetStart())
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v, %v", info, err)
	}
	c.events = []*spillwayv1.SubscribeResponse{batch(3, "5", "6")}
	shown("5", "6")
	if step := c.lastRequest().GetCursor().GetStep(); string(step) != "\x02" {
		t.Errorf("third start at step %q, want 2", step)
	}
}

func TestDurableRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1")}
	dir := t.TempDir()
	kept, used, damaged := filepath.Join(dir, "kept"), filepath.Join(dir, "used"), filepath.Join(dir, "damaged")
	if got := spillway(t.Context(), c.env(), "", "subscribe", "weather.us.ny", "--durable", kept, "-n", "1"); got.err != nil {
		t.Fatal(got.err)
	}
	other, err := client.OpenFileStore(client.FileStoreConfig{Path: used})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	write(t, damaged, "c1.CgRiYXNlEgEC\n", 0o600)
	tests := []struct {
		name string
		args []string
		exit int
		says string
	}{
		{"other patterns", []string{"weather.eu.fr", "--durable", kept}, exitUsage, "position file " + kept + " is of weather.us.ny, not of weather.eu.fr: "},
		{"no patterns", []string{"--durable", kept}, exitUsage, " is of weather.us.ny, not of everything that is granted: "},
		{"another process", []string{"--durable", used}, exitFailure, "position file " + used + ": it is in use"},
		{"a damaged file", []string{"--durable", damaged}, exitFailure, "position file " + damaged + ": its first line is none of a position file, or damaged"},
		{"a name that is none", []string{"--durable", "a b", "-n", "-1"}, exitUsage, "2 mistakes in the configuration:\n  - --count is -1, must not be negative\n  - --durable is \"a b\""},
	}
	for _, tt := range tests {
		got := spillway(t.Context(), c.env(), "", append([]string{"subscribe"}, tt.args...)...)
		if got.exit != tt.exit || got.err == nil || !strings.Contains(got.err.Error(), tt.says) || got.stdout != "" {
			t.Errorf("%s: exit %d, %v, want %d saying %q", tt.name, got.exit, got.err, tt.exit, tt.says)
		}
	}
	c.serve = func(*spillwayv1.SubscribeRequest, grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
		return status.Error(codes.InvalidArgument, "cursor: it is another client's")
	}
	got := spillway(t.Context(), c.env(), "", "subscribe", "weather.us.ny", "--durable", kept)
	if got.exit != exitFailure || !errors.Is(got.err, client.ErrCursorRefused) || !strings.HasSuffix(got.err.Error(), "; remove "+kept+" to do so") {
		t.Errorf("a cursor that is refused: exit %d, %v", got.exit, got.err)
	}
}

// fullDisk takes one write and refuses the others.
type fullDisk struct{ writes int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.writes++; d.writes > 1 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// TestDurableStaysBehindWhatWasPrinted: what could not be written is not counted.
func TestDurableStaysBehindWhatWasPrinted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1", "2", "3"), batch(2, "4")}
	env, path := c.env(), filepath.Join(t.TempDir(), "position")
	args := []string{"subscribe", "--durable", path, "-n", "3"}
	err := run(t.Context(), args, func(name string) string { return env[name] }, strings.NewReader(""), &fullDisk{}, io.Discard)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("err = %v, want the writer's", err)
	}
	got := spillway(t.Context(), env, "", args...)
	if got.err != nil || strings.Count(got.stdout, "\n") != 3 || !strings.Contains(got.stdout, "KNYC  2\n") {
		t.Errorf("err %v, shown %q, want 2, 3 and 4: only 1 was written", got.err, got.stdout)
	}
}

func TestEndTornLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "whole\n": "whole\n", "whole\nto": "whole\nto\n"} {
		path := write(t, filepath.Join(t.TempDir(), "out"), text, 0o600)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		err = endTornLine(f)
		if got, readErr := os.ReadFile(path); string(got) != want || err != nil || readErr != nil {
			t.Errorf("%q: %q, %v, %v, want %q", text, got, err, readErr, want)
		}
	}
	if err := endTornLine(io.Discard); err != nil {
		t.Errorf("what is no file: %v", err)
	}
}

// numbered serves the events 0 to before total, from the cursor or some before it,
// in responses of any size, and then says that this was all.
func numbered(total int, began chan<- struct{}) func(*spillwayv1.SubscribeRequest, grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	padding := strings.Repeat("x", 300)
	return func(req *spillwayv1.SubscribeRequest, out grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
		at := 0
		if step := req.GetCursor().GetStep(); len(step) == 4 {
			at = int(binary.BigEndian.Uint32(step))
		}
		at = max(0, at-rand.N(30))
		cursor := func() *spillwayv1.Cursor {
			return &spillwayv1.Cursor{Base: []byte("base"), Step: binary.BigEndian.AppendUint32(nil, uint32(at))}
		}
		if err := out.Send(&spillwayv1.SubscribeResponse{
			Cursor: cursor(), Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{}},
		}); err != nil {
			return err
		}
		began <- struct{}{}
		for at < total {
			b := &spillwayv1.EventBatch{}
			for range min(1+rand.N(40), total-at) {
				b.Events = append(b.Events, &spillwayv1.Event{Id: strconv.Itoa(at), Topic: "weather.us.ny", Data: fmt.Appendf(nil, `{"n":%d,"padding":%q}`, at, padding)})
				at++
			}
			if err := out.Send(&spillwayv1.SubscribeResponse{Cursor: cursor(), Response: &spillwayv1.SubscribeResponse_Events{Events: b}}); err != nil {
				return err
			}
		}
		return status.Error(codes.PermissionDenied, "that was all")
	}
}

// TestDurableSurvivesKill kills the command with SIGKILL at any moment and starts it
// anew, all of them printing to one file.
func TestDurableSurvivesKill(t *testing.T) {
	t.Parallel()
	const kills, total = 25, 30_000
	began := make(chan struct{}, kills+1)
	c := newCloud(t)
	c.serve = numbered(total, began)
	path := write(t, filepath.Join(t.TempDir(), "out"), "", 0o600)
	killed := 0
	for killed < kills {
		cmd := startDurable(t, c, path)
		select {
		case <-began:
		case <-time.After(time.Minute):
			t.Fatalf("it does not subscribe after kill %d", killed)
		}
		<-time.After(rand.N(40 * time.Millisecond)) // anywhere, not until something
		err := errors.Join(cmd.Process.Kill(), cmd.Wait())
		if err == nil || cmd.ProcessState.Exited() {
			t.Logf("it was done before kill %d: %v", killed+1, err)
			break
		}
		killed++
	}
	if killed < 5 {
		t.Errorf("only %d kills", killed)
	}
	if err := startDurable(t, c, path).Wait(); err == nil || err.Error() != fmt.Sprint("exit status ", exitDenied) {
		t.Errorf("the last one: %v", err)
	}
	checkOutcome(t, path, killed, total)
}

// startDurable starts the command in a process of its own.
func startDurable(t *testing.T, c *cloud, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.CommandContext(t.Context(), self, "subscribe", "--durable", path+".position", "--from", "earliest", "-o", "json")
	cmd.Env = []string{asCommand + "=1"}
	for name, value := range c.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// checkOutcome holds the lines against what is promised: nothing is lost, in order,
// and every kill has at most one line printed twice, or torn and printed again.
func checkOutcome(t *testing.T, path string, kills, total int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	next, twice, torn := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		var event struct{ Data struct{ N int } }
		if json.Unmarshal([]byte(line), &event) != nil {
			torn++
			continue
		}
		switch event.Data.N {
		case next:
			next++
		case next - 1:
			twice++
		default:
			t.Fatalf("event %d comes after %d", event.Data.N, next-1)
		}
	}
	t.Logf("%d kills: %d lines printed twice, %d torn", kills, twice, torn)
	if next != total || twice+torn > kills {
		t.Errorf("%d of %d events, %d lines twice and %d torn after %d kills", next, total, twice, torn, kills)
	}
}
