package ecs

import (
	"context"
	"math/rand/v2"
	"strconv"

	"github.com/google/uuid"
)

// taskSpec says what task to make.
type taskSpec struct {
	cluster    *cluster
	definition *taskDefinition
	service    *service
	deployment *deployment
	network    NetworkConfiguration
	subnet     int // of the network
	overrides  TaskOverride
	group      string
	startedBy  string
	tags       []Tag
	platform   string
}

// runtimeNumber is the smallest number behind the task's id in the runtime id of a container, which on Fargate has ten digits.
const runtimeNumber = 1_000_000_000

// startTask makes a task and lets it run; e.mu is held.
func (e *Emulator) startTask(spec taskSpec) *task {
	td := spec.definition
	id := newID()
	t := &task{
		definition: td, overrides: spec.overrides, service: spec.service, deployment: spec.deployment,
		stopping: make(chan struct{}), stopped: make(chan struct{}),
		Task: Task{
			ClusterArn: spec.cluster.ClusterArn, Cpu: td.Cpu, Memory: td.Memory, CreatedAt: now(), DesiredStatus: taskRunning,
			Group: spec.group, HealthStatus: healthUnknown, LastStatus: taskProvisioning, LaunchType: launchFargate, Overrides: spec.overrides,
			PlatformVersion: platformOf(spec.platform), PlatformFamily: "Linux", StartedBy: spec.startedBy, Tags: spec.tags,
			TaskArn: e.arn("task", spec.cluster.ClusterName+"/"+id), TaskDefinitionArn: td.TaskDefinitionArn, Version: 1,
		},
	}
	if spec.service != nil {
		t.balancers, t.registries = spec.service.LoadBalancers, spec.service.ServiceRegistries
	}
	subnets := spec.network.AwsvpcConfiguration.Subnets
	subnet := subnets[spec.subnet%len(subnets)]
	t.AvailabilityZone = e.zone(subnet, spec.subnet%len(subnets))
	t.Attachments = []Attachment{{ID: uuid.NewString(), Type: "ElasticNetworkInterface", Status: "PRECREATED", Details: []Variable{{"subnetId", subnet}}}}
	for i := range td.ContainerDefinitions {
		def := td.ContainerDefinitions[i]
		t.containers = append(t.containers, &container{definition: def, Container: Container{
			ContainerArn: e.arn("container", spec.cluster.ClusterName+"/"+id+"/"+uuid.NewString()), TaskArn: t.TaskArn, Name: def.Name,
			Image: def.Image, RuntimeID: id + "-" + strconv.Itoa(runtimeNumber+rand.IntN(9*runtimeNumber)), LastStatus: taskPending, HealthStatus: healthUnknown, Cpu: strconv.Itoa(def.Cpu),
		}})
	}
	e.tasks[id] = t
	e.forgetStopped()
	e.spawn(func(ctx context.Context) { e.runTask(ctx, t) })
	e.tell()
	return t
}

// forgetStopped forgets tasks that have stopped long ago, or are too many; e.mu is held.
func (e *Emulator) forgetStopped() {
	stopped := 0
	var oldest *task
	for id, t := range e.tasks {
		if !t.over() {
			continue
		}
		if now().Sub(t.StoppedAt.Time) > stoppedShown {
			delete(e.tasks, id)
			continue
		}
		stopped++
		if oldest == nil || t.StoppedAt.Before(oldest.StoppedAt.Time) {
			oldest = t
		}
	}
	if stopped > MaxStoppedTasks {
		delete(e.tasks, oldest.id())
	}
}

// count is how many tasks run or are about to; e.mu is held.
func (e *Emulator) count() int {
	n := 0
	for _, t := range e.tasks {
		if !t.over() {
			n++
		}
	}
	return n
}
