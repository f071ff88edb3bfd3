package sandbox

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
)

// roleVariable makes the test binary the program of a task instead of running tests.
const roleVariable = "SANDBOX_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "server":
		serveGreetings()
	default:
		fmt.Println("this program is broken")
		os.Exit(3)
	}
}

// serveGreetings is a server that tells its version to who connects, returns what it reads, and says bye when it is told to
// end.
func serveGreetings() {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM) // before it is healthy, and so may be told to end
	lis, err := net.Listen("tcp", os.Getenv("LISTEN"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening, secret", os.Getenv("SECRET"))
	go func() {
		mux := http.NewServeMux()
		mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
		fmt.Println(http.ListenAndServe(os.Getenv("ADMIN_LISTEN"), mux))
	}()
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	go func() {
		<-term
		_ = lis.Close()
	}()
	for {
		conn, err := lis.Accept()
		if err != nil {
			break
		}
		fmt.Fprintln(conn, "hello", os.Getenv("VERSION")) // before bye
		mu.Lock()
		conns[conn] = true
		mu.Unlock()
		go func() {
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				fmt.Fprintln(conn, lines.Text())
			}
			mu.Lock()
			delete(conns, conn)
			mu.Unlock()
			_ = conn.Close()
		}()
	}
	mu.Lock()
	defer mu.Unlock()
	for conn := range conns {
		fmt.Fprintln(conn, "bye")
		_ = conn.Close()
	}
}
