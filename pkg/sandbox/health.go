package sandbox

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/process"
	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
)

// phase is how far a sandbox is.
type phase string

const (
	starting phase = "starting"
	ready    phase = "ready"
	stopping phase = "stopping"
	failed   phase = "failed" // a service crashed too often and is not started again
)

// health is the answer of GET /_sandbox/health.
type health struct {
	Status   phase           `json:"status"`
	PID      int             `json:"pid"`
	Redis    redisStatus     `json:"redis"`
	Kinesis  kinesisStatus   `json:"kinesis"`
	Services []serviceStatus `json:"services"`
	Tasks    []taskStatus    `json:"tasks,omitempty"`
	// Hosts are the names that tasks are found by, with the addresses that stand for them here.
	Hosts []servicediscovery.Host `json:"hosts,omitempty"`
}

// taskStatus is a container's process in a task of ECS. ECS keeps tasks running, so none of them makes the sandbox unready.
type taskStatus struct {
	Name     string    `json:"name"` // of the container
	Task     string    `json:"task"` // its id
	Pid      int       `json:"pid"`
	Address  string    `json:"address"`
	Started  time.Time `json:"started"`
	Stopping bool      `json:"stopping"` // it drains
	Log      string    `json:"log"`
}

type redisStatus struct {
	Kind    string `json:"kind"`
	Address string `json:"address"`
}

// kinesisStatus is the memory that records take and may take.
type kinesisStatus struct {
	UsedBytes  int64 `json:"used_bytes"`
	LimitBytes int64 `json:"limit_bytes"`
}

// serviceStatus is a service as it is now.
type serviceStatus struct {
	process.Status
	Log string `json:"log"`
}

// health describes the sandbox.
func (s *Sandbox) health() health {
	s.mu.Lock()
	h := health{Status: s.phase, PID: os.Getpid(), Redis: s.redis}
	s.mu.Unlock()
	h.Kinesis.UsedBytes, h.Kinesis.LimitBytes = s.kinesis.Memory()
	for _, st := range slices.Concat(s.redisProc.Status(), s.nodes.status(), s.services.Status()) {
		h.Services = append(h.Services, serviceStatus{st, st.LogPath})
		switch {
		case h.Status == stopping:
		case st.State == process.Failed:
			h.Status = failed
		case st.State != process.Running && h.Status == ready:
			h.Status = starting // again: something has crashed
		}
	}
	h.Tasks, h.Hosts = s.tasks(), s.discovery.Hosts()
	return h
}

// tasks lists the processes of tasks.
func (s *Sandbox) tasks() []taskStatus {
	var all []taskStatus
	for _, p := range s.ecs.Processes() {
		all = append(all, taskStatus{p.Container, p.Task, p.Pid, p.Address, p.Started, p.Stopping, s.taskLog(p.Container, p.Task)})
	}
	return all
}

func (s *Sandbox) setPhase(p phase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = p
}

func (s *Sandbox) setRedis(r redisStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redis = r
}

// serveAdmin serves the sandbox's own API.
func (s *Sandbox) serveAdmin(w http.ResponseWriter, r *http.Request) {
	for prefix, panel := range map[string]http.Handler{kinesisKnobs: s.kinesis.Knobs(), lambdaKnobs: s.lambda.Knobs()} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			http.StripPrefix(prefix, panel).ServeHTTP(w, r)
			return
		}
	}
	if r.URL.Path != adminPrefix+"health" || r.Method != http.MethodGet {
		http.Error(w, "the sandbox has GET "+adminPrefix+"health, "+kinesisKnobs+" and "+lambdaKnobs, http.StatusNotFound)
		return
	}
	h := s.health()
	w.Header().Set("Content-Type", "application/json")
	if h.Status != ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(h) // the client has gone
}
