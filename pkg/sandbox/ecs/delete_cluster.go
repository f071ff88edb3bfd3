package ecs

import (
	"context"
	"maps"
)

// DeleteClusterInput names a cluster.
type DeleteClusterInput struct {
	Cluster string `json:"cluster"`
}

// DeleteCluster deletes a cluster without services and tasks.
func (e *Emulator) DeleteCluster(_ context.Context, in DeleteClusterInput) (ClusterOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return ClusterOutput{}, err
	}
	for key, svc := range e.services {
		if key.cluster == c.ClusterName && svc.Status != statusInactive {
			return ClusterOutput{}, errorf(CodeHasServices, "The Cluster cannot be deleted while Services are active.")
		}
	}
	for _, t := range e.tasks {
		if t.ClusterArn == c.ClusterArn && t.LastStatus != taskStopped {
			return ClusterOutput{}, errorf(CodeHasTasks, "The Cluster cannot be deleted while Tasks are active.")
		}
	}
	maps.DeleteFunc(e.services, func(k serviceKey, _ *service) bool { return k.cluster == c.ClusterName })
	maps.DeleteFunc(e.tasks, func(_ string, t *task) bool { return t.ClusterArn == c.ClusterArn })
	delete(e.clusters, c.ClusterName)
	out := c.Cluster
	out.Status = statusInactive
	return ClusterOutput{out}, nil
}
