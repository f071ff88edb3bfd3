package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/ecs"
	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
)

// registries are the services of Cloud Map as ECS wants them.
type registries struct{ discovery *servicediscovery.Emulator }

// Exists implements ecs.Registries.
func (r registries) Exists(registry string) bool {
	_, err := r.discovery.GetService(context.Background(), servicediscovery.GetServiceInput{Id: registry})
	return err == nil
}

// Register implements ecs.Registries.
func (r registries) Register(ctx context.Context, registry string, i ecs.Instance) error {
	return r.discovery.Register(ctx, registry, servicediscovery.Instance{
		ID: i.ID, Address: i.Address, Ports: i.Ports, Healthy: i.Healthy, Zone: i.Zone, Cluster: i.Cluster, Service: i.Service, Family: i.Family,
	})
}

// Deregister implements ecs.Registries. An instance that is gone has been deregistered.
func (r registries) Deregister(ctx context.Context, registry, instance string) error {
	err := r.discovery.Deregister(ctx, registry, instance)
	var e *servicediscovery.Error
	if errors.As(err, &e) && (e.Code == servicediscovery.CodeNoInstance || e.Code == servicediscovery.CodeNoService) {
		return nil
	}
	return err
}

// SetHealth implements ecs.Registries.
func (r registries) SetHealth(registry, instance string, healthy bool) {
	r.discovery.SetHealth(registry, instance, healthy)
}
