package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	serviceType = "AWS::ECS::Service"
	// What the events that ECS and not CloudFormation tells have as their status.
	statusService = "ECS"
	statusStopped = "TASK_STOPPED"
	// maxStopped bounds the reasons of stopped tasks that an error has; they are mostly the same one.
	maxStopped = 3
)

// serviceWatch asks ECS about the services that CloudFormation is waiting for: it says nothing for minutes while tasks come and go.
type serviceWatch struct {
	client   *ecs.Client
	watched  map[string]*watchedService // by ARN
	stopped  []string                   // why tasks stopped
	disabled bool
}

type watchedService struct {
	event   Event // that began it
	cluster string
	seen    map[string]bool // ids of events and tasks that were told
	ending  bool            // one more look
}

func newServiceWatch(client *ecs.Client) *serviceWatch {
	return &serviceWatch{client: client, watched: map[string]*watchedService{}}
}

// note begins and ends watching. A service's physical id is its ARN, service/CLUSTER/NAME at its end.
func (w *serviceWatch) note(e Event) {
	parts := strings.Split(e.PhysicalID, "/")
	if e.Type != serviceType || len(parts) != 3 {
		return
	}
	known := w.watched[e.PhysicalID]
	switch begins := strings.HasSuffix(e.Status, "_IN_PROGRESS"); {
	case begins && known == nil && len(w.watched) < maxNested:
		w.watched[e.PhysicalID] = &watchedService{event: e, cluster: parts[1], seen: map[string]bool{}}
	case !begins && known != nil:
		known.ending = true
	}
}

// look tells what has happened since the last time, oldest first. Who may not ask ECS, or has none, is told once and does without.
func (w *serviceWatch) look(ctx context.Context, log *slog.Logger) []Event {
	var out []Event
	for arn, s := range w.watched {
		if w.disabled || ctx.Err() != nil {
			return out
		}
		events, err := w.lookAt(ctx, arn, s)
		if err != nil {
			w.disabled = true
			log.Warn("the progress of ECS services cannot be shown", "error", err)
			return out
		}
		out = append(out, events...)
		if s.ending {
			delete(w.watched, arn)
		}
	}
	slices.SortStableFunc(out, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return out
}

func (w *serviceWatch) lookAt(ctx context.Context, arn string, s *watchedService) ([]Event, error) {
	described, err := w.client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.cluster, Services: []string{arn}})
	var gone *types.ClusterNotFoundException
	if errors.As(err, &gone) {
		return nil, nil // deleted with the service, before there was a last look
	}
	if err != nil {
		return nil, fmt.Errorf("describe the service: %w", err)
	}
	var out []Event
	for _, service := range described.Services {
		for _, e := range service.Events {
			if s.fresh(aws.ToString(e.Id), e.CreatedAt) {
				out = append(out, s.say(e.CreatedAt, statusService, aws.ToString(e.Message)))
			}
		}
	}
	listed, err := w.client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &s.cluster, ServiceName: &arn, DesiredStatus: types.DesiredStatusStopped})
	if err != nil {
		return nil, fmt.Errorf("list the service's stopped tasks: %w", err)
	}
	news := slices.DeleteFunc(listed.TaskArns, func(task string) bool { return s.seen[task] })
	if len(news) == 0 {
		return out, nil
	}
	tasks, err := w.client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.cluster, Tasks: news})
	if err != nil {
		return nil, fmt.Errorf("describe the service's stopped tasks: %w", err)
	}
	for _, t := range tasks.Tasks {
		reason := failure(t)
		if t.StoppedAt == nil || !s.fresh(aws.ToString(t.TaskArn), t.StoppedAt) || reason == "" {
			continue
		}
		out = append(out, s.say(t.StoppedAt, statusStopped, reason))
		if len(w.stopped) < maxStopped && !slices.Contains(w.stopped, reason) {
			w.stopped = append(w.stopped, reason)
		}
	}
	return out, nil
}

// fresh says whether something is of this operation and was not told before, and marks it.
func (s *watchedService) fresh(id string, at *time.Time) bool {
	if s.seen[id] || at != nil && at.Before(s.event.Time) {
		return false
	}
	s.seen[id] = true
	return true
}

func (s *watchedService) say(at *time.Time, status, reason string) Event {
	e := s.event
	e.Time, e.Status, e.Reason = aws.ToTime(at), status, reason
	return e
}

// failure is why a task stopped that should not have, and empty for one that made room for another.
func failure(t types.Task) string {
	reason := cmp.Or(aws.ToString(t.StoppedReason), string(t.StopCode))
	if t.StopCode == types.TaskStopCodeServiceSchedulerInitiated && !strings.Contains(strings.ToLower(reason), "fail") {
		return ""
	}
	for _, c := range t.Containers {
		switch {
		case aws.ToString(c.Reason) != "":
			reason += fmt.Sprintf("; container %s: %s", aws.ToString(c.Name), *c.Reason)
		case aws.ToInt32(c.ExitCode) != 0:
			reason += fmt.Sprintf("; container %s exited with %d", aws.ToString(c.Name), *c.ExitCode)
		}
	}
	return reason
}
