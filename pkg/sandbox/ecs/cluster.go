package ecs

// The statuses of clusters, services and task definitions.
const (
	statusActive   = "ACTIVE"
	statusDraining = "DRAINING"
	statusInactive = "INACTIVE"
)

// defaultCluster is the one that calls mean that name none.
const defaultCluster = "default"

// cluster is a cluster. Guarded by Emulator.mu.
type cluster struct {
	Cluster
}

// Cluster is what the API shows of a cluster.
type Cluster struct {
	ClusterArn                        string           `json:"clusterArn"`
	ClusterName                       string           `json:"clusterName"`
	Status                            string           `json:"status"`
	RegisteredContainerInstancesCount int              `json:"registeredContainerInstancesCount"`
	RunningTasksCount                 int              `json:"runningTasksCount"`
	PendingTasksCount                 int              `json:"pendingTasksCount"`
	ActiveServicesCount               int              `json:"activeServicesCount"`
	Settings                          []ClusterSetting `json:"settings"`
	Tags                              []Tag            `json:"tags"`
	CapacityProviders                 []string         `json:"capacityProviders"`
	DefaultCapacityProviderStrategy   []struct{}       `json:"defaultCapacityProviderStrategy"`
	Statistics                        []struct{}       `json:"statistics"`
}

// ClusterSetting is a setting of a cluster: containerInsights, which is kept and measures nothing.
type ClusterSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// findCluster returns the cluster that a name or an ARN names, or the default one; e.mu is held.
func (e *Emulator) findCluster(name string) (*cluster, *Error) {
	if name == "" {
		name = defaultCluster
	}
	if c := e.clusters[lastPart(name)]; c != nil {
		return c, nil
	}
	return nil, noCluster()
}

// show is a cluster with its counts; e.mu is held.
func (e *Emulator) showCluster(c *cluster) Cluster {
	out := c.Cluster
	for _, t := range e.tasks {
		if t.ClusterArn != c.ClusterArn {
			continue
		}
		switch t.LastStatus {
		case taskRunning:
			out.RunningTasksCount++
		case taskProvisioning, taskPending, taskActivating:
			out.PendingTasksCount++
		}
	}
	for key, svc := range e.services {
		if key.cluster == c.ClusterName && svc.Status == statusActive {
			out.ActiveServicesCount++
		}
	}
	return out
}
