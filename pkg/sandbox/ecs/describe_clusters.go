package ecs

import (
	"context"
)

// DescribeClustersInput names clusters; none is the default one.
type DescribeClustersInput struct {
	Clusters []string `json:"clusters"`
	Include  []string `json:"include"`
}

// DescribeClustersOutput are clusters.
type DescribeClustersOutput struct {
	Clusters []Cluster `json:"clusters"`
	Failures []Failure `json:"failures"`
}

// DescribeClusters shows clusters.
func (e *Emulator) DescribeClusters(_ context.Context, in DescribeClustersInput) (DescribeClustersOutput, error) {
	if len(in.Clusters) > MaxDescribe {
		return DescribeClustersOutput{}, invalid("Clusters cannot have more than %d elements.", MaxDescribe)
	}
	if len(in.Clusters) == 0 {
		in.Clusters = []string{defaultCluster}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out := DescribeClustersOutput{Clusters: []Cluster{}, Failures: []Failure{}}
	for _, name := range in.Clusters {
		c, err := e.findCluster(name)
		if err != nil {
			out.Failures = append(out.Failures, Failure{Arn: e.arn("cluster", lastPart(name)), Reason: "MISSING"})
			continue
		}
		out.Clusters = append(out.Clusters, e.showCluster(c))
	}
	return out, nil
}
