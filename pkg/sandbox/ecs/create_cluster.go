package ecs

import (
	"context"
	"regexp"
	"slices"
)

var nameExpr = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// CreateClusterInput says what to make.
type CreateClusterInput struct {
	ClusterName string           `json:"clusterName"`
	Settings    []ClusterSetting `json:"settings"`
	Tags        []Tag            `json:"tags"`
}

// ClusterOutput is a cluster.
type ClusterOutput struct {
	Cluster Cluster `json:"cluster"`
}

// CreateCluster makes a cluster; one of that name is answered again.
func (e *Emulator) CreateCluster(_ context.Context, in CreateClusterInput) (ClusterOutput, error) {
	if in.ClusterName == "" {
		in.ClusterName = defaultCluster
	}
	if !nameExpr.MatchString(in.ClusterName) {
		return ClusterOutput{}, invalid("Identifier contains invalid characters or has more than 255.")
	}
	settings, err := checkSettings(in.Settings)
	if err != nil {
		return ClusterOutput{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.clusters[in.ClusterName]; c != nil {
		return ClusterOutput{e.showCluster(c)}, nil
	}
	if len(e.clusters) >= MaxClusters {
		return ClusterOutput{}, errorf(CodeLimit, "The sandbox has at most %d clusters.", MaxClusters)
	}
	c := &cluster{Cluster{
		ClusterArn: e.arn("cluster", in.ClusterName), ClusterName: in.ClusterName, Status: statusActive, Settings: settings, Tags: in.Tags,
	}}
	e.clusters[in.ClusterName] = c
	return ClusterOutput{c.Cluster}, nil
}

// checkSettings returns the settings of a cluster, where nothing is said the default.
func checkSettings(in []ClusterSetting) ([]ClusterSetting, *Error) {
	out := []ClusterSetting{{"containerInsights", "disabled"}}
	for _, s := range in {
		if s.Name != "containerInsights" || !slices.Contains([]string{"disabled", "enabled", "enhanced"}, s.Value) {
			return nil, invalid("Invalid cluster setting %.100q with value %.100q.", s.Name, s.Value)
		}
		out = []ClusterSetting{s}
	}
	return out, nil
}
