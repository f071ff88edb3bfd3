package ecs

import "context"

// UpdateClusterSettingsInput names a cluster and its settings.
type UpdateClusterSettingsInput struct {
	Cluster  string           `json:"cluster"`
	Settings []ClusterSetting `json:"settings"`
}

// UpdateClusterSettings sets the settings of a cluster; without any, the default is set again.
func (e *Emulator) UpdateClusterSettings(_ context.Context, in UpdateClusterSettingsInput) (ClusterOutput, error) {
	settings, err := checkSettings(in.Settings)
	if err != nil {
		return ClusterOutput{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return ClusterOutput{}, err
	}
	c.Settings = settings
	return ClusterOutput{e.showCluster(c)}, nil
}
