package cloudformation

import "context"

func (s *Service) deleteChangeSet(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, cs, err := s.findChangeSet(f.text("ChangeSetName"), f.text("StackName"))
	if err != nil {
		if e := asAPIError(err); e.code == "ChangeSetNotFound" {
			return nil, nil // deleting what is not there succeeds
		}
		return nil, err
	}
	if cs.executionStatus(st) == executionRunning {
		return nil, invalidChangeSetStatus("ChangeSet [%s] cannot be deleted in its current execution status of [%s]", cs.id, executionRunning)
	}
	s.drop(cs)
	return nil, nil
}
