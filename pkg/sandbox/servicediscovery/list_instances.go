package servicediscovery

import "context"

// ListInstancesInput names a service, and says which part of the list.
type ListInstancesInput struct {
	ServiceId  string
	NextToken  string
	MaxResults *int
}

// ListInstancesOutput is a part of the list.
type ListInstancesOutput struct {
	Instances []InstanceSummary
	NextToken string `json:",omitempty"`
}

// ListInstances lists the instances of a service, healthy or not.
func (e *Emulator) ListInstances(_ context.Context, in ListInstancesInput) (ListInstancesOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(in.ServiceId)
	if err != nil {
		return ListInstancesOutput{}, err
	}
	all := []InstanceSummary{}
	for _, i := range s.sorted() {
		all = append(all, i.summary())
	}
	part, next, pageErr := page(all, in.NextToken, in.MaxResults)
	if pageErr != nil {
		return ListInstancesOutput{}, pageErr
	}
	return ListInstancesOutput{part, next}, nil
}
