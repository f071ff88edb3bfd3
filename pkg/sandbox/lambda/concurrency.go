package lambda

import "context"

// Concurrency is how many invocations of a function may run at once.
type Concurrency struct {
	ReservedConcurrentExecutions int
}

// PutFunctionConcurrency bounds how many invocations of a function may run at once.
func (s *Service) PutFunctionConcurrency(_ context.Context, name string, reserved int) (Concurrency, error) {
	if reserved < 0 {
		return Concurrency{}, constraint("reservedConcurrentExecutions", reserved, "have value greater than or equal to 0")
	}
	return Concurrency{ReservedConcurrentExecutions: reserved}, s.setReserved(name, &reserved)
}

// DeleteFunctionConcurrency takes the bound away.
func (s *Service) DeleteFunctionConcurrency(_ context.Context, name string) error {
	return s.setReserved(name, nil)
}

func (s *Service) setReserved(name string, reserved *int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return e
	}
	f.reserved = reserved
	return nil
}

// GetFunctionConcurrency returns the bound, or nil.
func (s *Service) GetFunctionConcurrency(_ context.Context, name string) (*Concurrency, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return nil, e
	}
	if f.reserved == nil {
		return nil, nil //nolint:nilnil // documented: no bound is no error
	}
	return &Concurrency{ReservedConcurrentExecutions: *f.reserved}, nil
}
