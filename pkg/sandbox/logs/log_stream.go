package logs

import "context"

// CreateLogStream makes a stream.
func (s *Service) CreateLogStream(_ context.Context, groupName, name string) error {
	if e := checkStreamName(name); e != nil {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.find(groupName, "")
	if e != nil {
		return e
	}
	if g.streams[name] != nil {
		return errorf(CodeExists, "The specified log stream already exists")
	}
	if s.streams >= MaxStreams {
		return errorf(CodeLimit, "The sandbox has at most %d log streams.", MaxStreams)
	}
	s.ensureStream(g, name)
	return nil
}

// DeleteLogStream deletes a stream with its events.
func (s *Service) DeleteLogStream(_ context.Context, groupName, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, e := s.findStream(groupName, "", name)
	if e != nil {
		return e
	}
	s.drop(st)
	return nil
}

// findStream returns a stream of a group; s.mu is held.
func (s *Service) findStream(groupName, identifier, name string) (*stream, *Error) {
	g, e := s.find(groupName, identifier)
	if e != nil {
		return nil, e
	}
	if e := checkStreamName(name); e != nil {
		return nil, e
	}
	if st := g.streams[name]; st != nil {
		return st, nil
	}
	return nil, noStream()
}
