package ecs

import "context"

// DeleteServiceInput names a service. Force deletes one that has tasks.
type DeleteServiceInput struct {
	Cluster string `json:"cluster"`
	Service string `json:"service"`
	Force   bool   `json:"force"`
}

// DeleteService stops the tasks of a service, which is DRAINING meanwhile and then INACTIVE.
func (e *Emulator) DeleteService(_ context.Context, in DeleteServiceInput) (ServiceOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	svc, err := e.findService(in.Cluster, in.Service)
	switch {
	case err != nil:
		return ServiceOutput{}, err
	case svc.Status == statusInactive:
		return ServiceOutput{}, noService()
	case svc.DesiredCount > 0 && !in.Force:
		return ServiceOutput{}, invalid("The service cannot be stopped while it is scaled above 0.")
	}
	svc.Status, svc.DesiredCount = statusDraining, 0
	svc.primary().DesiredCount = 0
	svc.wake()
	return ServiceOutput{e.showService(svc)}, nil
}
