package ecs

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	launchFargate   = "FARGATE"
	latestPlatform  = "1.4.0"
	replicaStrategy = "REPLICA"
	disabled        = "DISABLED"
)

// platformOf is the platform version that LATEST, or none, means.
func platformOf(version string) string {
	if version == "" || version == "LATEST" {
		return latestPlatform
	}
	return version
}

// serviceKey sets services apart.
type serviceKey struct{ cluster, name string }

// service is a service. Guarded by Emulator.mu.
type service struct {
	Service
	cluster     *cluster
	deployments []*deployment // the primary one first
	completed   *deployment   // the last that was completed
	kick        chan struct{} // wakes its scheduler; holds one
	steady      bool
	placed      int       // tasks started, which go round the subnets
	streak      int       // ends in a row that came too early
	notBefore   time.Time // when the next task may start
	toldStreak  bool
}

// Service is what the API shows of a service.
type Service struct {
	ServiceArn                    string                  `json:"serviceArn"`
	ServiceName                   string                  `json:"serviceName"`
	ClusterArn                    string                  `json:"clusterArn"`
	LoadBalancers                 []LoadBalancer          `json:"loadBalancers"`
	ServiceRegistries             []ServiceRegistry       `json:"serviceRegistries"`
	Status                        string                  `json:"status"`
	DesiredCount                  int                     `json:"desiredCount"`
	RunningCount                  int                     `json:"runningCount"`
	PendingCount                  int                     `json:"pendingCount"`
	LaunchType                    string                  `json:"launchType"`
	PlatformVersion               string                  `json:"platformVersion"`
	PlatformFamily                string                  `json:"platformFamily"`
	TaskDefinition                string                  `json:"taskDefinition"`
	DeploymentConfiguration       DeploymentConfiguration `json:"deploymentConfiguration"`
	Deployments                   []Deployment            `json:"deployments"`
	Events                        []ServiceEvent          `json:"events"`
	CreatedAt                     *Time                   `json:"createdAt,omitempty"`
	NetworkConfiguration          NetworkConfiguration    `json:"networkConfiguration"`
	HealthCheckGracePeriodSeconds *int                    `json:"healthCheckGracePeriodSeconds,omitempty"`
	SchedulingStrategy            string                  `json:"schedulingStrategy"`
	DeploymentController          DeploymentController    `json:"deploymentController"`
	Tags                          []Tag                   `json:"tags,omitempty"`
	EnableECSManagedTags          bool                    `json:"enableECSManagedTags"`
	PropagateTags                 string                  `json:"propagateTags"`
	EnableExecuteCommand          bool                    `json:"enableExecuteCommand"`
	AvailabilityZoneRebalancing   string                  `json:"availabilityZoneRebalancing"`
}

// LoadBalancer is a target group that tasks of a service are registered in.
type LoadBalancer struct {
	TargetGroupArn string `json:"targetGroupArn"`
	ContainerName  string `json:"containerName"`
	ContainerPort  int    `json:"containerPort"`
}

// ServiceRegistry is a service of Cloud Map that tasks are registered in.
type ServiceRegistry struct {
	RegistryArn   string `json:"registryArn"`
	Port          int    `json:"port,omitempty"`
	ContainerName string `json:"containerName,omitempty"`
	ContainerPort int    `json:"containerPort,omitempty"`
}

// ports are what is registered: the one that is named, or those of all containers, as an address has.
func (r ServiceRegistry) ports(td *taskDefinition) []int {
	for _, p := range []int{r.Port, r.ContainerPort} {
		if p != 0 {
			return []int{p}
		}
	}
	var all []int
	for _, c := range td.ContainerDefinitions {
		for _, p := range c.PortMappings {
			all = append(all, p.ContainerPort)
		}
	}
	return all
}

// NetworkConfiguration says where tasks are.
type NetworkConfiguration struct {
	AwsvpcConfiguration AwsvpcConfiguration `json:"awsvpcConfiguration"`
}

// AwsvpcConfiguration is the network of tasks: the subnets say the zones, groups and public addresses are kept and shown.
type AwsvpcConfiguration struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
	AssignPublicIp string   `json:"assignPublicIp,omitempty"`
}

func (n *NetworkConfiguration) check() *Error {
	if n == nil || len(n.AwsvpcConfiguration.Subnets) == 0 {
		return invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	if p := n.AwsvpcConfiguration.AssignPublicIp; p != "" && p != disabled && p != "ENABLED" {
		return invalid("assignPublicIp must be ENABLED or DISABLED, not %.40q.", p)
	}
	return nil
}

// DeploymentConfiguration says how tasks are replaced.
type DeploymentConfiguration struct {
	DeploymentCircuitBreaker CircuitBreaker `json:"deploymentCircuitBreaker"`
	MaximumPercent           *int           `json:"maximumPercent,omitempty"`        // nil is 200
	MinimumHealthyPercent    *int           `json:"minimumHealthyPercent,omitempty"` // nil is 100
	Strategy                 string         `json:"strategy,omitempty"`
}

// CircuitBreaker says what to do about a deployment whose tasks fail.
type CircuitBreaker struct {
	Enable   bool `json:"enable"`
	Rollback bool `json:"rollback"`
}

func (c DeploymentConfiguration) percents() (least, most int) {
	return orDefault(c.MinimumHealthyPercent, 100), orDefault(c.MaximumPercent, 200)
}

func (c DeploymentConfiguration) check() *Error {
	least, most := c.percents()
	switch {
	case c.Strategy != "" && c.Strategy != "ROLLING":
		return unsupported("The deployment strategy %.40q", c.Strategy)
	case least < 0 || least > 100:
		return invalid("minimumHealthyPercent must be between 0 and 100 for the sandbox, not %d.", least)
	case most < 100 || most > 200:
		return invalid("maximumPercent must be between 100 and 200, not %d.", most)
	case least == 100 && most == 100:
		return invalid("The specified deployment configuration does not allow a deployment to make progress: with minimumHealthyPercent 100, maximumPercent must be above 100.")
	case c.DeploymentCircuitBreaker.Rollback && !c.DeploymentCircuitBreaker.Enable:
		return invalid("Rollback can only be enabled when the deployment circuit breaker is enabled.")
	}
	return nil
}

// DeploymentController is ECS: a rolling update.
type DeploymentController struct {
	Type string `json:"type"`
}

// ServiceEvent is something that happened to a service.
type ServiceEvent struct {
	ID        string `json:"id"`
	CreatedAt *Time  `json:"createdAt"`
	Message   string `json:"message"`
}

// event adds what happened to a service's events, which are the latest first; Emulator.mu is held.
func (s *service) event(format string, args ...any) {
	e := ServiceEvent{ID: uuid.NewString(), CreatedAt: now(), Message: "(service " + s.ServiceName + ") " + fmt.Sprintf(format, args...)}
	s.Events = append([]ServiceEvent{e}, s.Events[:min(len(s.Events), MaxEvents-1)]...)
}

// wake wakes the service's scheduler.
func (s *service) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// primary is the deployment that is wanted.
func (s *service) primary() *deployment { return s.deployments[0] }

// findService returns the service of a name or ARN; e.mu is held.
func (e *Emulator) findService(clusterName, name string) (*service, *Error) {
	c, err := e.findCluster(clusterName)
	if err != nil {
		return nil, err
	}
	if svc := e.services[serviceKey{c.ClusterName, lastPart(name)}]; svc != nil {
		return svc, nil
	}
	return nil, noService()
}

// tasksOf are the tasks of a service that have not stopped, the oldest first; e.mu is held.
func (e *Emulator) tasksOf(svc *service) []*task {
	var out []*task
	for _, t := range e.tasks {
		if t.service == svc && !t.over() {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *task) int { return a.CreatedAt.Compare(b.CreatedAt.Time) })
	return out
}

// showService is a service with its counts; e.mu is held.
func (e *Emulator) showService(svc *service) Service {
	out := svc.Service
	out.Events = slices.Clone(svc.Events)
	tasks := e.tasksOf(svc)
	out.RunningCount, out.PendingCount = counts(tasks, nil)
	out.Deployments = make([]Deployment, 0, len(svc.deployments))
	for _, d := range svc.deployments {
		shown := d.Deployment
		shown.RunningCount, shown.PendingCount = counts(tasks, d)
		out.Deployments = append(out.Deployments, shown)
	}
	return out
}

// counts counts the running and pending tasks of a deployment, or of all.
func counts(tasks []*task, of *deployment) (running, pending int) {
	for _, t := range tasks {
		switch {
		case of != nil && t.deployment != of:
		case t.LastStatus == taskRunning:
			running++
		case t.LastStatus == taskProvisioning, t.LastStatus == taskPending, t.LastStatus == taskActivating:
			pending++
		}
	}
	return running, pending
}
