package process_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/freeport"
	"github.com/spillway/spillway/pkg/sandbox/process"
)

// roleVariable makes the test binary play a child process instead of running tests.
const roleVariable = "PROCESS_TEST_ROLE"

// quickExit keeps a child under the race detector from waiting a second at its end.
const quickExit = "GORACE=atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	play, ok := roles()[role]
	if !ok {
		panic("unknown role " + role)
	}
	play(os.Args[1:])
}

// roles are the programs that tests run as children.
func roles() map[string]func(args []string) {
	return map[string]func([]string){
		"listen":     listen,
		"exit":       exit,
		"stubborn":   stubborn,
		"parent":     parent,
		"supervisor": supervisor,
		"environ":    func([]string) { fmt.Println(os.Environ(), mustGetwd()) },
		"chatter":    chatter,
	}
}

// self is the command that runs this test binary in a role.
func self(t testing.TB, role string, args ...string) process.Command {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return process.Command{Path: path, Args: args, Env: []string{roleVariable + "=" + role, quickExit}}
}

func mustGetwd() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}

// listen accepts connections on an address until SIGTERM.
func listen(args []string) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM) // before it can be reached, and so told to end
	lis, err := net.Listen("tcp", args[0])
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	go func() {
		<-stop
		os.Exit(0)
	}()
	for {
		conn, err := lis.Accept()
		if err != nil {
			os.Exit(4)
		}
		go func() { _, _ = io.Copy(conn, conn) }()
	}
}

func exit(args []string) {
	fmt.Println("this is why")
	code, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	os.Exit(code)
}

// stubborn ignores SIGTERM and says when it does.
func stubborn([]string) {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("ignoring")
	select {}
}

// parent starts a child that ignores SIGTERM, prints its pid and waits.
func parent(args []string) {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	child := exec.Command(path)
	child.Env = []string{roleVariable + "=stubborn"}
	child.Stdout = os.Stdout
	if err := child.Start(); err != nil {
		panic(err)
	}
	fmt.Println("child", child.Process.Pid)
	if len(args) > 0 && args[0] == "leave" {
		os.Exit(0)
	}
	select {}
}

// supervisor supervises one stubborn child and prints its pid.
func supervisor(args []string) {
	sup := process.NewSupervisor(process.Config{LogDir: args[0], Logger: slog.New(slog.DiscardHandler)})
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := process.Command{Path: path, Env: []string{roleVariable + "=stubborn"}}
	if err := sup.Start(context.Background(), process.Service{Name: "child", Command: cmd}); err != nil {
		panic(err)
	}
	fmt.Println("child", sup.Status()[0].Pid)
	select {}
}

// chatter writes lines for ever.
func chatter([]string) {
	for i := 0; ; i++ {
		if _, err := fmt.Println("line", i); err != nil {
			os.Exit(1)
		}
	}
}

// eventually waits until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// alive tells whether a process exists and is not a zombie.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return os.IsNotExist(err) && !hasProc()
	}
	var id int
	var name, state string
	if _, err := fmt.Sscan(string(stat), &id, &name, &state); err != nil {
		return false
	}
	return state != "Z"
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// freeAddress is a loopback address that nothing listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(freeport.Find(t)))
}
