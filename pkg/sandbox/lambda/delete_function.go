package lambda

import (
	"context"
	"slices"
	"strings"
)

// DeleteFunction deletes a function with its versions and aliases or, of a name with a version, that version; running
// invocations end. Event source mappings that call it stay, as on AWS, and report failed calls.
func (s *Service) DeleteFunction(_ context.Context, name string) error {
	s.changes.Lock()
	defer s.changes.Unlock()
	gone, err := s.remove(name)
	if err != nil {
		return err
	}
	for _, r := range gone {
		s.retire(r.pool, r.taskRoot)
	}
	id, _ := s.parseName(name)
	return s.save(id.name)
}

// remove takes out what a name stands for, and returns it to be retired.
func (s *Service) remove(name string) ([]*revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return nil, e
	}
	if s.closed {
		return nil, errClosed
	}
	id, e := s.parseName(name)
	if e != nil {
		return nil, e
	}
	gone := f.revisions()
	switch version := f.versions[id.qualifier]; {
	case id.qualifier == "":
		delete(s.functions, id.name)
	case id.qualifier == latest:
		return nil, errorf(codeInvalidValue, "$LATEST version cannot be deleted without deleting the function.")
	case version == nil: // an alias
		return nil, constraint("qualifier", id.qualifier, "satisfy regular expression pattern: (\\$LATEST|[0-9]+)")
	default:
		if aliases := f.aliasesOf(id.qualifier); len(aliases) > 0 {
			return nil, errorf(codeConflict, "Unable to delete version because the following aliases reference it: [%s]", strings.Join(aliases, ", "))
		}
		delete(f.versions, id.qualifier)
		delete(f.policies, id.qualifier)
		delete(f.async, id.qualifier)
		gone = []*revision{version}
	}
	for _, r := range gone {
		s.retired[r.pool] = r.taskRoot
	}
	return gone, nil
}

// aliasesOf are the names of the aliases that stand for a version, sorted.
func (f *function) aliasesOf(version string) []string {
	var names []string
	for name, alias := range f.aliases {
		if alias.FunctionVersion == version || alias.weight(version) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
