package ecs

import (
	"context"
	"slices"
)

// ListServicesInput selects services of a cluster.
type ListServicesInput struct {
	Cluster            string `json:"cluster"`
	LaunchType         string `json:"launchType"`
	SchedulingStrategy string `json:"schedulingStrategy"`
	NextToken          string `json:"nextToken"`
	MaxResults         int    `json:"maxResults"`
}

// ListServicesOutput are ARNs of services.
type ListServicesOutput struct {
	ServiceArns []string `json:"serviceArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

// ListServices lists the services of a cluster that are active or draining.
func (e *Emulator) ListServices(_ context.Context, in ListServicesInput) (ListServicesOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return ListServicesOutput{}, err
	}
	var all []string
	for key, svc := range e.services {
		kind := (in.LaunchType == "" || in.LaunchType == launchFargate) && (in.SchedulingStrategy == "" || in.SchedulingStrategy == replicaStrategy)
		if key.cluster == c.ClusterName && svc.Status != statusInactive && kind {
			all = append(all, svc.ServiceArn)
		}
	}
	slices.Sort(all)
	items, next := page(all, in.NextToken, in.MaxResults)
	return ListServicesOutput{items, next}, nil
}
