package ecs

import (
	"context"
	"maps"
	"slices"
)

// ListInput pages a list.
type ListInput struct {
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

// ListClustersOutput are ARNs of clusters.
type ListClustersOutput struct {
	ClusterArns []string `json:"clusterArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

// ListClusters lists the clusters.
func (e *Emulator) ListClusters(_ context.Context, in ListInput) (ListClustersOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e.clusters)) {
		all = append(all, e.clusters[name].ClusterArn)
	}
	items, next := page(all, in.NextToken, in.MaxResults)
	return ListClustersOutput{items, next}, nil
}
