package ecs

import "context"

// RunTaskInput says what tasks to start.
type RunTaskInput struct {
	Cluster              string                `json:"cluster"`
	TaskDefinition       string                `json:"taskDefinition"`
	Count                *int                  `json:"count"` // nil is 1
	Group                string                `json:"group"`
	LaunchType           string                `json:"launchType"`
	NetworkConfiguration *NetworkConfiguration `json:"networkConfiguration"`
	Overrides            TaskOverride          `json:"overrides"`
	PlatformVersion      string                `json:"platformVersion"`
	StartedBy            string                `json:"startedBy"`
	Tags                 []Tag                 `json:"tags"`
	ClientToken          string                `json:"clientToken"`
	EnableECSManagedTags bool                  `json:"enableECSManagedTags"`
}

// TasksOutput are tasks.
type TasksOutput struct {
	Tasks    []Task    `json:"tasks"`
	Failures []Failure `json:"failures"`
}

// RunTask starts tasks that no service keeps.
func (e *Emulator) RunTask(_ context.Context, in RunTaskInput) (TasksOutput, error) {
	out := TasksOutput{Tasks: []Task{}, Failures: []Failure{}}
	if in.LaunchType != launchFargate {
		return out, unsupported("The launch type %.40q", in.LaunchType)
	}
	n := orDefault(in.Count, 1)
	if n < 1 || n > MaxRunCount {
		return out, invalid("Task count must be between 1 and %d.", MaxRunCount)
	}
	if err := in.NetworkConfiguration.check(); err != nil {
		return out, err
	}
	if err := checkPlatform(in.PlatformVersion); err != nil {
		return out, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	td := e.findDefinition(in.TaskDefinition)
	if td == nil || td.Status != statusActive {
		return out, client(messageNoTaskDef)
	}
	for _, o := range in.Overrides.ContainerOverrides {
		if td.container(o.Name) == nil {
			return out, invalid("Override for container named %.100s is not a container in the TaskDefinition.", o.Name)
		}
	}
	if in.Group == "" {
		in.Group = "family:" + td.Family
	}
	for i := range n {
		if e.closed || e.count() >= MaxTasks {
			out.Failures = append(out.Failures, Failure{Reason: "Capacity is unavailable at this time. Please try again later or in a different availability zone"})
			continue
		}
		out.Tasks = append(out.Tasks, e.startTask(taskSpec{
			cluster: c, definition: td, network: *in.NetworkConfiguration, subnet: i, overrides: in.Overrides, group: in.Group,
			startedBy: in.StartedBy, tags: in.Tags, platform: in.PlatformVersion,
		}).show())
	}
	return out, nil
}
