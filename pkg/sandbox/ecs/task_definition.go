package ecs

import (
	"strconv"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// family are the revisions of a task definition. Guarded by Emulator.mu.
type family struct {
	revisions []*taskDefinition
}

// latest is the newest revision that is active, or nil.
func (f *family) latest() *taskDefinition {
	for i := len(f.revisions) - 1; i >= 0; i-- {
		if f.revisions[i].Status == statusActive {
			return f.revisions[i]
		}
	}
	return nil
}

// taskDefinition is a revision. It does not change, but for its status, which Emulator.mu guards.
type taskDefinition struct {
	TaskDefinition
	tags []Tag
}

// name is FAMILY:REVISION.
func (d *taskDefinition) name() string { return d.Family + ":" + strconv.Itoa(d.Revision) }

// container is the definition of that name, or nil.
func (d *taskDefinition) container(name string) *ContainerDefinition {
	for i := range d.ContainerDefinitions {
		if d.ContainerDefinitions[i].Name == name {
			return &d.ContainerDefinitions[i]
		}
	}
	return nil
}

// TaskDefinition is what the API shows of a revision.
type TaskDefinition struct {
	TaskDefinitionArn       string                `json:"taskDefinitionArn"`
	ContainerDefinitions    []ContainerDefinition `json:"containerDefinitions"`
	Family                  string                `json:"family"`
	TaskRoleArn             string                `json:"taskRoleArn,omitempty"`
	ExecutionRoleArn        string                `json:"executionRoleArn,omitempty"`
	NetworkMode             string                `json:"networkMode"`
	Revision                int                   `json:"revision"`
	Volumes                 []struct{}            `json:"volumes"`
	Status                  string                `json:"status"`
	PlacementConstraints    []struct{}            `json:"placementConstraints"`
	Compatibilities         []string              `json:"compatibilities"`
	RuntimePlatform         *RuntimePlatform      `json:"runtimePlatform,omitempty"`
	RequiresCompatibilities []string              `json:"requiresCompatibilities"`
	Cpu                     string                `json:"cpu"`
	Memory                  string                `json:"memory"`
	RegisteredAt            *Time                 `json:"registeredAt,omitempty"`
	DeregisteredAt          *Time                 `json:"deregisteredAt,omitempty"`
}

// RuntimePlatform is what images are built for.
type RuntimePlatform struct {
	CpuArchitecture       string `json:"cpuArchitecture,omitempty"`
	OperatingSystemFamily string `json:"operatingSystemFamily,omitempty"`
}

// ContainerDefinition is a container of a task definition.
type ContainerDefinition struct {
	Name                   string            `json:"name"`
	Image                  string            `json:"image"`
	Cpu                    int               `json:"cpu"`
	Memory                 *int              `json:"memory,omitempty"`
	MemoryReservation      *int              `json:"memoryReservation,omitempty"`
	Essential              *bool             `json:"essential,omitempty"` // nil is true
	EntryPoint             []string          `json:"entryPoint,omitempty"`
	Command                []string          `json:"command,omitempty"`
	Environment            []Variable        `json:"environment"`
	Secrets                []Secret          `json:"secrets,omitempty"`
	PortMappings           []PortMapping     `json:"portMappings"`
	StartTimeout           *int              `json:"startTimeout,omitempty"`
	StopTimeout            *int              `json:"stopTimeout,omitempty"`
	User                   string            `json:"user,omitempty"`
	WorkingDirectory       string            `json:"workingDirectory,omitempty"`
	ReadonlyRootFilesystem *bool             `json:"readonlyRootFilesystem,omitempty"`
	LinuxParameters        *LinuxParameters  `json:"linuxParameters,omitempty"`
	Ulimits                []Ulimit          `json:"ulimits,omitempty"`
	LogConfiguration       *LogConfiguration `json:"logConfiguration,omitempty"`
	HealthCheck            *HealthCheck      `json:"healthCheck,omitempty"`
	DockerLabels           map[string]string `json:"dockerLabels,omitempty"`
}

// essential tells whether the task ends with the container.
func (c ContainerDefinition) essential() bool { return c.Essential == nil || *c.Essential }

// Variable is a variable of a container's environment.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Secret is a variable with the value of a secret or parameter.
type Secret struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

// PortMapping is a port that a container listens on.
type PortMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
	Name          string `json:"name,omitempty"`
	AppProtocol   string `json:"appProtocol,omitempty"`
}

// files are how many files a container may have open: as many as it says, or as Fargate has for all.
func (c ContainerDefinition) files() process.FileLimit {
	for _, u := range c.Ulimits {
		if u.Name == "nofile" {
			return process.FileLimit{Soft: uint64(u.SoftLimit), Hard: uint64(u.HardLimit)}
		}
	}
	return process.FileLimit{Soft: defaultFiles, Hard: defaultFiles}
}

// LinuxParameters are kept and shown.
type LinuxParameters struct {
	Capabilities *struct {
		Add  []string `json:"add,omitempty"`
		Drop []string `json:"drop,omitempty"`
	} `json:"capabilities,omitempty"`
	InitProcessEnabled *bool `json:"initProcessEnabled,omitempty"`
}

// Ulimit is a limit of a container's processes. It is kept and shown; that of the name nofile is set.
type Ulimit struct {
	Name      string `json:"name"`
	SoftLimit int    `json:"softLimit"`
	HardLimit int    `json:"hardLimit"`
}

// LogConfiguration says where output goes.
type LogConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options,omitempty"`
}

// HealthCheck is the health check of a container. Durations are in seconds.
type HealthCheck struct {
	Command     []string `json:"command"`
	Interval    *int     `json:"interval,omitempty"`    // nil is 30
	Timeout     *int     `json:"timeout,omitempty"`     // nil is 5
	Retries     *int     `json:"retries,omitempty"`     // nil is 3
	StartPeriod *int     `json:"startPeriod,omitempty"` // nil is none
}

// findDefinition returns the revision that an ARN, FAMILY:REVISION or FAMILY names; e.mu is held.
func (e *Emulator) findDefinition(name string) *taskDefinition {
	name = lastPart(name)
	familyName, revision, ok := strings.Cut(name, ":")
	f := e.families[familyName]
	if f == nil {
		return nil
	}
	if !ok {
		return f.latest()
	}
	n, err := strconv.Atoi(revision)
	if err != nil || n < 1 || n > len(f.revisions) {
		return nil
	}
	return f.revisions[n-1]
}
