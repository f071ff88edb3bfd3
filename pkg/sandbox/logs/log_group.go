package logs

import (
	"context"
	"slices"
)

// CreateLogGroup makes a group.
func (s *Service) CreateLogGroup(_ context.Context, name string) error {
	if e := checkGroupName(name); e != nil {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[name] != nil {
		return errorf(CodeExists, "The specified log group already exists")
	}
	if _, e := s.ensureGroup(name); e != nil {
		return e
	}
	return nil
}

// DeleteLogGroup deletes a group with all that is in it.
func (s *Service) DeleteLogGroup(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.find(name, "")
	if e != nil {
		return e
	}
	for _, st := range g.streams {
		s.drop(st)
	}
	delete(s.groups, name)
	return nil
}

// PutRetentionPolicy says for how many days the events of a group are shown; 0 means for ever.
func (s *Service) PutRetentionPolicy(_ context.Context, name string, days int) error {
	if days != 0 && !slices.Contains([]int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}, days) {
		return constraint("retentionInDays", days, "satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, e := s.find(name, "")
	if e != nil {
		return e
	}
	g.retention = days
	return nil
}
