package sandbox

import (
	"context"
	"errors"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

const (
	// serviceTimeout is how long a service may take to become steady, or to end. AWS waits for three hours.
	serviceTimeout = 15 * time.Minute
	// maxECSName is the longest name of a cluster, service or family.
	maxECSName = 255
)

// clusterResource makes AWS::ECS::Cluster.
type clusterResource struct{ ecs *ecs.Emulator }

type clusterProperties struct {
	ClusterName     string
	ClusterSettings []ecs.ClusterSetting
	Tags            []ecs.Tag
}

// Create implements cloudformation.Provisioner.
func (c clusterResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p clusterProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.ClusterName == "" {
		p.ClusterName = cloudformation.PhysicalName(r, maxECSName)
	}
	out, err := c.ecs.CreateCluster(ctx, ecs.CreateClusterInput{ClusterName: p.ClusterName, Settings: p.ClusterSettings, Tags: p.Tags})
	if err != nil {
		return cloudformation.Result{}, ecsError(err)
	}
	return cloudformation.Result{PhysicalID: p.ClusterName, Attributes: map[string]any{"Arn": out.Cluster.ClusterArn}}, nil
}

// Update implements cloudformation.Provisioner.
func (c clusterResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p clusterProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	_, err := c.ecs.UpdateClusterSettings(ctx, ecs.UpdateClusterSettingsInput{Cluster: r.PhysicalID, Settings: p.ClusterSettings})
	return cloudformation.Result{PhysicalID: r.PhysicalID}, ecsError(err)
}

// Delete implements cloudformation.Provisioner.
func (c clusterResource) Delete(ctx context.Context, r cloudformation.Request) error {
	_, err := c.ecs.DeleteCluster(ctx, ecs.DeleteClusterInput{Cluster: r.PhysicalID})
	return ecsError(err)
}

// ecsError gives an error of ECS the code that a resource handler would.
func ecsError(err error) error {
	var e *ecs.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case ecs.CodeClusterNotFound, ecs.CodeServiceNotFound:
		code = cloudformation.CodeNotFound
	case ecs.CodeServer:
		code = ""
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
