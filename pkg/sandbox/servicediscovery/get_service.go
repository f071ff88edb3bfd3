package servicediscovery

import "context"

// GetServiceInput names a service by its id or ARN.
type GetServiceInput struct{ Id string }

// GetServiceOutput is a service.
type GetServiceOutput struct{ Service Service }

// GetService tells about a service.
func (e *Emulator) GetService(_ context.Context, in GetServiceInput) (GetServiceOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(in.Id)
	if err != nil {
		return GetServiceOutput{}, err
	}
	return GetServiceOutput{s.show()}, nil
}
