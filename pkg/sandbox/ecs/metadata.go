package ecs

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MetadataPrefix begins the paths of the task metadata endpoint, version 4; the runtime id of a container follows.
const MetadataPrefix = "/v4/"

// ContainerMetadata is what a container is told of itself. Its names are those of the endpoint.
type ContainerMetadata struct {
	DockerID      string `json:"DockerId"`
	Name          string
	DockerName    string
	Image         string
	ImageID       string `json:",omitempty"`
	Labels        map[string]string
	DesiredStatus string
	KnownStatus   string
	ExitCode      *int            `json:",omitempty"`
	Limits        ContainerLimits // what the container itself has, not its task
	CreatedAt     *time.Time      `json:",omitempty"`
	StartedAt     *time.Time      `json:",omitempty"`
	FinishedAt    *time.Time      `json:",omitempty"`
	Type          string
	LogDriver     string            `json:",omitempty"`
	LogOptions    map[string]string `json:",omitempty"`
	ContainerARN  string
	Networks      []Network
	Health        *ContainerHealth `json:",omitempty"`
}

// ContainerLimits are in units of a 1,024th CPU, and in MiB.
type ContainerLimits struct {
	CPU    int
	Memory int `json:",omitempty"`
}

// Network is where a container is.
type Network struct {
	NetworkMode     string
	IPv4Addresses   []string
	AttachmentIndex int
}

// ContainerHealth is what its health check says.
type ContainerHealth struct {
	Status string `json:"status"`
}

// TaskMetadata is what a container is told of its task.
type TaskMetadata struct {
	Cluster          string
	TaskARN          string
	Family           string
	Revision         string
	DesiredStatus    string
	KnownStatus      string
	Limits           TaskLimits
	PullStartedAt    *time.Time `json:",omitempty"`
	PullStoppedAt    *time.Time `json:",omitempty"`
	AvailabilityZone string
	LaunchType       string
	ServiceName      string `json:",omitempty"`
	Containers       []ContainerMetadata
}

// TaskLimits are in CPUs, and in MiB.
type TaskLimits struct {
	CPU    float64
	Memory int
}

// serveMetadata answers a container, as it is now.
func (e *Emulator) serveMetadata(w http.ResponseWriter, r *http.Request) {
	id, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, MetadataPrefix), "/")
	e.mu.Lock()
	t, c := e.byRuntimeID(id)
	var answer any
	switch {
	case c == nil || r.Method != http.MethodGet:
	case what == "":
		answer = t.containerMetadata(c)
	case what == "task":
		answer = t.metadata()
	case what == "stats":
		if s := c.stats(t); s != nil {
			answer = s
		}
	case what == "task/stats":
		answer = t.stats()
	}
	e.mu.Unlock()
	if answer == nil {
		http.Error(w, "There is no such container, or no such metadata.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // who asked may be gone
}

// byRuntimeID finds a container of a task that has not stopped; e.mu is held.
func (e *Emulator) byRuntimeID(id string) (*task, *container) {
	taskID, _, _ := strings.Cut(id, "-")
	t := e.tasks[taskID]
	if t == nil || t.over() {
		return nil, nil
	}
	for _, c := range t.containers {
		if c.RuntimeID == id {
			return t, c
		}
	}
	return nil, nil
}

// metadata is what the endpoint says of a task; Emulator.mu is held.
func (t *task) metadata() TaskMetadata {
	units, _ := strconv.ParseFloat(t.Cpu, 64) // what is registered are numbers
	memory, _ := strconv.Atoi(t.Memory)
	out := TaskMetadata{
		Cluster: t.ClusterArn, TaskARN: t.TaskArn, Family: t.definition.Family, Revision: strconv.Itoa(t.definition.Revision),
		DesiredStatus: t.DesiredStatus, KnownStatus: t.LastStatus, Limits: TaskLimits{units / cpuUnits, memory},
		PullStartedAt: t.PullStartedAt.whole(), PullStoppedAt: t.PullStoppedAt.whole(), AvailabilityZone: t.AvailabilityZone, LaunchType: t.LaunchType,
	}
	if t.service != nil {
		out.ServiceName = t.service.ServiceName
	}
	for _, c := range t.containers {
		out.Containers = append(out.Containers, t.containerMetadata(c))
	}
	return out
}

// containerMetadata is what the endpoint says of a container; Emulator.mu is held.
func (t *task) containerMetadata(c *container) ContainerMetadata {
	out := ContainerMetadata{
		DockerID: c.RuntimeID, Name: c.Name, DockerName: c.Name, Image: c.Image, ImageID: c.ImageDigest, Labels: map[string]string{},
		DesiredStatus: t.DesiredStatus, KnownStatus: c.LastStatus, ExitCode: c.ExitCode, Limits: ContainerLimits{CPU: c.definition.Cpu, Memory: orDefault(c.definition.Memory, 0)},
		CreatedAt: c.started.whole(), StartedAt: c.started.whole(), FinishedAt: c.finished.whole(), Type: "NORMAL", ContainerARN: c.ContainerArn,
		Networks: []Network{{"awsvpc", []string{t.address}, 0}},
	}
	for name, value := range c.definition.DockerLabels {
		out.Labels[name] = value
	}
	for name, value := range map[string]string{
		"cluster": t.ClusterArn, "container-name": c.Name, "task-arn": t.TaskArn,
		"task-definition-family": t.definition.Family, "task-definition-version": strconv.Itoa(t.definition.Revision),
	} {
		out.Labels["com.amazonaws.ecs."+name] = value
	}
	if l := c.definition.LogConfiguration; l != nil {
		out.LogDriver = l.LogDriver
		out.LogOptions = map[string]string{
			"awslogs-group": l.Options["awslogs-group"], "awslogs-region": l.Options["awslogs-region"], "awslogs-stream": logStream(t, c),
		}
	}
	if c.definition.HealthCheck != nil {
		out.Health = &ContainerHealth{c.HealthStatus}
	}
	return out
}
