package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	healthTimeout  = 2 * time.Second
	maxHealthBytes = 1 << 20

	// The states of a daemon, and of a service, in which they can be used.
	daemonReady    = "ready"
	serviceRunning = "running"
	// The states in which they stay until they are started anew.
	daemonFailed  = "failed"
	serviceFailed = "failed"
)

// Health is what the sandbox says of itself and of what it supervises.
type Health struct {
	Status   string    `json:"status"` // starting, ready, failed or stopping
	Pid      int       `json:"pid"`
	Redis    Redis     `json:"redis"`
	Services []Service `json:"services"`
	Tasks    []Task    `json:"tasks"`
	Hosts    []Host    `json:"hosts"`
}

// Host is a name that tasks of ECS are found by, and the address that stands for it here.
type Host struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Task is a container's process in a task of ECS.
type Task struct {
	Name     string    `json:"name"` // of the container
	Task     string    `json:"task"` // its id
	Pid      int       `json:"pid"`
	Address  string    `json:"address"`
	Started  time.Time `json:"started"`
	Stopping bool      `json:"stopping"` // it drains
	Log      string    `json:"log"`
}

// resolve is a URL with an address in the place of a name that only the local cloud knows.
func (h Health) resolve(url string) string {
	for _, host := range h.Hosts {
		url = strings.Replace(url, "//"+host.Name+":", "//"+host.Address+":", 1)
	}
	return url
}

// redisKind is which Redis runs: the stack's own, or that of a cache.
func (h Health) redisKind() string {
	if h.Redis.Address != "" {
		return h.Redis.Kind
	}
	if slices.ContainsFunc(h.Services, func(s Service) bool { return strings.HasPrefix(s.Name, "redis-") }) {
		return "redis-server, with TLS"
	}
	if slices.ContainsFunc(h.Tasks, func(t Task) bool { return t.Name == "redis" }) {
		return "redis-server, in a task"
	}
	return "embedded, with TLS"
}

// Redis is the Redis of a stack.
type Redis struct {
	Kind    string `json:"kind"` // redis-server or embedded
	Address string `json:"address"`
}

// Service is a process that the sandbox supervises.
type Service struct {
	Name     string    `json:"name"`
	State    string    `json:"state"` // starting, running, waiting (to be restarted), stopped or failed
	Pid      int       `json:"pid"`   // 0 while no process runs
	Restarts int       `json:"restarts"`
	Address  string    `json:"address"`
	Started  time.Time `json:"started"`
	LastExit string    `json:"last_exit"` // how the process before this one ended
	Log      string    `json:"log"`
}

// fetchHealth asks the sandbox at an endpoint. It answers while it is not ready, too.
func fetchHealth(ctx context.Context, endpoint string) (Health, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_sandbox/health", nil)
	if err != nil {
		return Health{}, err
	}
	// A transport of its own: a proxy from the environment has no business on loopback.
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return Health{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHealthBytes))
	if err != nil {
		return Health{}, err
	}
	var h Health
	if err := json.Unmarshal(body, &h); err != nil || h.Pid == 0 {
		return Health{}, fmt.Errorf("%s answers %s, but not as a sandbox does", req.URL, resp.Status)
	}
	return h, nil
}
