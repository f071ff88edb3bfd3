package ecs

import "context"

// DesiredCount is the desired count of a service; ok is false where there is no active one.
func (e *Emulator) DesiredCount(clusterName, name string) (count int, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	svc, err := e.findService(clusterName, name)
	if err != nil || svc.Status != statusActive {
		return 0, false
	}
	return svc.DesiredCount, true
}

// SetDesiredCount changes it, as UpdateService does.
func (e *Emulator) SetDesiredCount(ctx context.Context, clusterName, name string, count int) error {
	_, err := e.UpdateService(ctx, UpdateServiceInput{Cluster: clusterName, Service: name, DesiredCount: &count})
	return err
}
