package ecs

import "time"

// The statuses of a deployment, and the states of its rollout.
const (
	deploymentPrimary = "PRIMARY"
	deploymentActive  = "ACTIVE"

	rolloutInProgress = "IN_PROGRESS"
	rolloutCompleted  = "COMPLETED"
	rolloutFailed     = "FAILED"
)

// deployment is a deployment of a service. Guarded by Emulator.mu.
type deployment struct {
	Deployment
	definition *taskDefinition
}

// Deployment is what the API shows of a deployment.
type Deployment struct {
	ID                   string               `json:"id"`
	Status               string               `json:"status"`
	TaskDefinition       string               `json:"taskDefinition"`
	DesiredCount         int                  `json:"desiredCount"`
	PendingCount         int                  `json:"pendingCount"`
	RunningCount         int                  `json:"runningCount"`
	FailedTasks          int                  `json:"failedTasks"`
	CreatedAt            *Time                `json:"createdAt"`
	UpdatedAt            *Time                `json:"updatedAt"`
	LaunchType           string               `json:"launchType"`
	PlatformVersion      string               `json:"platformVersion"`
	PlatformFamily       string               `json:"platformFamily"`
	NetworkConfiguration NetworkConfiguration `json:"networkConfiguration"`
	RolloutState         string               `json:"rolloutState"`
	RolloutStateReason   string               `json:"rolloutStateReason"`
}

// deploy begins a deployment of what the service says now; Emulator.mu is held.
func (s *service) deploy(td *taskDefinition) {
	for _, old := range s.deployments {
		old.Status, old.DesiredCount = deploymentActive, 0
	}
	d := &deployment{definition: td, Deployment: Deployment{
		ID: newDeploymentID(), Status: deploymentPrimary, TaskDefinition: td.TaskDefinitionArn, DesiredCount: s.DesiredCount, CreatedAt: now(),
		LaunchType: s.LaunchType, PlatformVersion: platformOf(s.PlatformVersion), PlatformFamily: "Linux",
		NetworkConfiguration: s.NetworkConfiguration,
	}}
	d.roll(rolloutInProgress, "ECS deployment "+d.ID+" in progress.")
	s.deployments = append([]*deployment{d}, s.deployments...)
	s.TaskDefinition = td.TaskDefinitionArn
	s.streak, s.notBefore, s.toldStreak, s.steady = 0, time.Time{}, false, false
	s.wake()
}

func (d *deployment) roll(state, reason string) {
	d.RolloutState, d.RolloutStateReason, d.UpdatedAt = state, reason, now()
}

// threshold is how many failures in a row trip the circuit breaker.
func (s *service) threshold() int { return min(max(minFailures, (s.DesiredCount+1)/2), maxFailures) }

// fail counts a failed task of a deployment in progress, and trips the circuit breaker.
func (s *service) fail(d *deployment) {
	if d.RolloutState != rolloutInProgress {
		return
	}
	d.FailedTasks++
	if breaker := s.DeploymentConfiguration.DeploymentCircuitBreaker; d != s.primary() || !breaker.Enable || d.FailedTasks < s.threshold() {
		return
	}
	d.roll(rolloutFailed, "ECS deployment circuit breaker: tasks failed to start.")
	s.event("(deployment %s) deployment failed: tasks failed to start.", d.ID)
	if s.DeploymentConfiguration.DeploymentCircuitBreaker.Rollback && s.completed != nil && s.completed != d {
		s.rollBack()
	}
}

// rollBack makes the deployment that was completed last the wanted one again.
func (s *service) rollBack() {
	back := s.completed
	others := []*deployment{back}
	for _, d := range s.deployments {
		if d != back {
			d.Status, d.DesiredCount = deploymentActive, 0
			others = append(others, d)
		}
	}
	s.deployments = others
	s.event("rolling back to deployment %s.", back.ID)
	back.Status, back.DesiredCount, back.FailedTasks = deploymentPrimary, s.DesiredCount, 0
	back.roll(rolloutInProgress, "ECS deployment circuit breaker: rolling back to deploymentId "+back.ID+".")
	s.TaskDefinition, s.NetworkConfiguration = back.TaskDefinition, back.NetworkConfiguration
	s.streak, s.notBefore = 0, time.Time{}
}

// ended counts what the end of a task says about its deployment, and how long to wait with the next. quick is below what age
// it came too early.
func (s *service) ended(t *task, quick time.Duration) {
	if t.StopCode != stopFailedToStart && t.StopCode != stopExited {
		return
	}
	if !t.wasHealthy {
		s.fail(t.deployment)
	}
	if t.wasHealthy && time.Since(t.running) > quick {
		return
	}
	s.streak++
}
