package lambda

// change changes what hangs on a function, one change after another, and keeps it.
func (s *Service) change(name string, do func(f *function) *Error) error {
	s.changes.Lock()
	defer s.changes.Unlock()
	s.mu.Lock()
	f, e := s.find(name)
	if e == nil {
		e = do(f)
	}
	s.mu.Unlock()
	if e != nil {
		return e
	}
	return s.save(f.config.FunctionName)
}
