package ecs

import (
	"slices"
	"time"
)

// The statuses of a task, in their order.
const (
	taskProvisioning   = "PROVISIONING"
	taskPending        = "PENDING"
	taskActivating     = "ACTIVATING"
	taskRunning        = "RUNNING"
	taskDeactivating   = "DEACTIVATING"
	taskStopping       = "STOPPING"
	taskDeprovisioning = "DEPROVISIONING"
	taskStopped        = "STOPPED"
)

// Why a task stopped: its stop codes.
const (
	stopFailedToStart = "TaskFailedToStart"
	stopExited        = "EssentialContainerExited"
	stopByUser        = "UserInitiated"
	stopByScheduler   = "ServiceSchedulerInitiated"
)

// The health of a task and of its containers.
const (
	healthUnknown   = "UNKNOWN"
	healthHealthy   = "HEALTHY"
	healthUnhealthy = "UNHEALTHY"
)

// task is a task. Guarded by Emulator.mu, but for what does not change.
type task struct {
	Task
	definition *taskDefinition
	overrides  TaskOverride
	service    *service // nil for one of RunTask
	deployment *deployment
	balancers  []LoadBalancer
	registries []ServiceRegistry

	address    string
	containers []*container
	targets    []boundTarget // those that are registered
	instances  []string      // registries that it is registered in; its own goroutine's

	stopping   chan struct{} // closed when it is to stop
	stopped    chan struct{} // closed when it has stopped
	running    time.Time     // since when; zero before
	wasHealthy bool
	measured   time.Time     // when its use of CPUs was looked at the last time
	used       time.Duration // what it had used then
}

// boundTarget is a target of a group.
type boundTarget struct {
	group string
	Target
}

// Task is what the API shows of a task.
type Task struct {
	Attachments          []Attachment `json:"attachments"`
	Attributes           []struct{}   `json:"attributes"`
	AvailabilityZone     string       `json:"availabilityZone"`
	ClusterArn           string       `json:"clusterArn"`
	Connectivity         string       `json:"connectivity,omitempty"`
	ConnectivityAt       *Time        `json:"connectivityAt,omitempty"`
	Containers           []Container  `json:"containers"`
	Cpu                  string       `json:"cpu"`
	CreatedAt            *Time        `json:"createdAt,omitempty"`
	DesiredStatus        string       `json:"desiredStatus"`
	EnableExecuteCommand bool         `json:"enableExecuteCommand"`
	ExecutionStoppedAt   *Time        `json:"executionStoppedAt,omitempty"`
	Group                string       `json:"group"`
	HealthStatus         string       `json:"healthStatus"`
	LastStatus           string       `json:"lastStatus"`
	LaunchType           string       `json:"launchType"`
	Memory               string       `json:"memory"`
	Overrides            TaskOverride `json:"overrides"`
	PlatformVersion      string       `json:"platformVersion"`
	PlatformFamily       string       `json:"platformFamily"`
	PullStartedAt        *Time        `json:"pullStartedAt,omitempty"`
	PullStoppedAt        *Time        `json:"pullStoppedAt,omitempty"`
	StartedAt            *Time        `json:"startedAt,omitempty"`
	StartedBy            string       `json:"startedBy,omitempty"`
	StopCode             string       `json:"stopCode,omitempty"`
	StoppedAt            *Time        `json:"stoppedAt,omitempty"`
	StoppedReason        string       `json:"stoppedReason,omitempty"`
	StoppingAt           *Time        `json:"stoppingAt,omitempty"`
	Tags                 []Tag        `json:"tags"`
	TaskArn              string       `json:"taskArn"`
	TaskDefinitionArn    string       `json:"taskDefinitionArn"`
	Version              int          `json:"version"`
}

// Attachment is the network interface of a task.
type Attachment struct {
	ID      string     `json:"id"`
	Type    string     `json:"type"`
	Status  string     `json:"status"`
	Details []Variable `json:"details"`
}

// Container is what the API shows of a container.
type Container struct {
	ContainerArn      string             `json:"containerArn"`
	TaskArn           string             `json:"taskArn"`
	Name              string             `json:"name"`
	Image             string             `json:"image"`
	ImageDigest       string             `json:"imageDigest,omitempty"`
	RuntimeID         string             `json:"runtimeId,omitempty"`
	LastStatus        string             `json:"lastStatus"`
	ExitCode          *int               `json:"exitCode,omitempty"`
	Reason            string             `json:"reason,omitempty"`
	NetworkBindings   []struct{}         `json:"networkBindings"`
	NetworkInterfaces []NetworkInterface `json:"networkInterfaces"`
	HealthStatus      string             `json:"healthStatus"`
	Cpu               string             `json:"cpu"`
}

// NetworkInterface is where a container can be reached.
type NetworkInterface struct {
	AttachmentID       string `json:"attachmentId"`
	PrivateIpv4Address string `json:"privateIpv4Address"`
}

// TaskOverride is what a call of RunTask changes of a task definition.
type TaskOverride struct {
	ContainerOverrides []ContainerOverride `json:"containerOverrides"`
}

// ContainerOverride is what it changes of a container.
type ContainerOverride struct {
	Name        string     `json:"name"`
	Command     []string   `json:"command,omitempty"`
	Environment []Variable `json:"environment,omitempty"`
}

func (o TaskOverride) of(container string) ContainerOverride {
	for _, c := range o.ContainerOverrides {
		if c.Name == container {
			return c
		}
	}
	return ContainerOverride{}
}

// id is the last part of its ARN.
func (t *task) id() string { return lastPart(t.TaskArn) }

// leaving tells whether it is to stop, or has.
func (t *task) leaving() bool { return t.DesiredStatus == taskStopped }

// over tells whether it has stopped.
func (t *task) over() bool { return t.LastStatus == taskStopped }

// show is the task as the API shows it, on its own memory; Emulator.mu is held.
func (t *task) show() Task {
	out := t.Task
	out.Attachments = slices.Clone(t.Attachments)
	out.Containers = make([]Container, 0, len(t.containers))
	for _, c := range t.containers {
		out.Containers = append(out.Containers, c.Container)
	}
	out.HealthStatus = t.containerHealth()
	return out
}

// containerHealth is the health of a task after the checks of its essential containers; Emulator.mu is held.
func (t *task) containerHealth() string {
	health := healthUnknown
	for _, c := range t.containers {
		switch {
		case c.definition.HealthCheck == nil || !c.definition.essential():
		case c.HealthStatus == healthUnhealthy:
			return healthUnhealthy
		case c.HealthStatus == healthUnknown:
			return healthUnknown
		default:
			health = healthHealthy
		}
	}
	return health
}

// hasChecks tells whether its containers are checked.
func (t *task) hasChecks() bool {
	return slices.ContainsFunc(t.containers, func(c *container) bool { return c.definition.HealthCheck != nil && c.definition.essential() })
}

// order tells a task to stop; the first order counts. Emulator.mu is held.
func (t *task) order(code, reason string) {
	if t.leaving() {
		return
	}
	t.DesiredStatus, t.StopCode, t.StoppedReason, t.StoppingAt = taskStopped, code, reason, now()
	t.Version++
	close(t.stopping)
}
