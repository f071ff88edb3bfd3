package lambda

import "context"

// Concurrency is how many invocations of a function may run at once.
type Concurrency struct {
	ReservedConcurrentExecutions int
}

const (
	// accountConcurrency is how many invocations may run at once in an account, as on AWS. How many processes this machine
	// runs is another matter: see package environment.
	accountConcurrency = 1000
	// minUnreserved is what reservations must leave of it.
	minUnreserved = 100
)

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
	return s.change(name, func(f *function) *Error {
		if reserved != nil && s.unreserved(f)-*reserved < minUnreserved {
			return errorf(codeInvalidValue, "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minUnreserved)
		}
		f.reserved = reserved
		return nil
	})
}

// unreserved is what the functions but one have left of the account's concurrency; s.mu is held.
func (s *Service) unreserved(but *function) int {
	left := accountConcurrency
	for _, f := range s.functions {
		if f != but && f.reserved != nil {
			left -= *f.reserved
		}
	}
	return left
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
