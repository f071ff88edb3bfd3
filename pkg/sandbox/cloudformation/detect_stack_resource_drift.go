package cloudformation

import "context"

type detectStackResourceDriftResult struct {
	StackResourceDrift resourceDriftResultXML
}

func (s *Service) detectStackResourceDrift(ctx context.Context, f form) (any, error) {
	var st *stack
	var r *resource
	var err error
	s.do(func() {
		if st, err = s.named(f, "Stack [%s] does not exist"); err != nil {
			return
		}
		id := f.text("LogicalResourceId")
		if r = st.resources[id]; r == nil || !r.exists() {
			err = validationError("Resource %s does not exist for stack %s", clip(id), st.name)
			return
		}
		err = canDetect(st)
	})
	if err != nil {
		return nil, err
	}
	found, err := s.compareWith(ctx, st, r)
	if err != nil {
		return nil, validationError("Failed to detect drift on resource [%s]: %s", r.logicalID, clip(err.Error()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.drift == nil {
		st.drift = &drift{id: s.newID(), status: detected, began: found.at, ended: found.at, resources: map[string]resourceDrift{}}
	}
	st.drift.resources[r.logicalID] = found
	return detectStackResourceDriftResult{driftXMLOf(st, r, found)}, nil
}
