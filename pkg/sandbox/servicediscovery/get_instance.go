package servicediscovery

import (
	"context"
	"maps"
)

// GetInstanceInput names an instance.
type GetInstanceInput struct{ ServiceId, InstanceId string }

// GetInstanceOutput is an instance.
type GetInstanceOutput struct{ Instance InstanceSummary }

// InstanceSummary is an instance as the API shows it.
type InstanceSummary struct {
	Id         string
	Attributes map[string]string
}

// GetInstance tells about an instance.
func (e *Emulator) GetInstance(_ context.Context, in GetInstanceInput) (GetInstanceOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(in.ServiceId)
	if err != nil {
		return GetInstanceOutput{}, err
	}
	i := s.instances[in.InstanceId]
	if i == nil {
		return GetInstanceOutput{}, errorf(CodeNoInstance, "The service %s has no instance %.200q", s.Id, in.InstanceId)
	}
	return GetInstanceOutput{i.summary()}, nil
}

func (i *instance) summary() InstanceSummary { return InstanceSummary{i.ID, maps.Clone(i.attributes)} }
