package cloudformation

import (
	"context"
	"strings"
)

func (s *Service) continueUpdateRollback(_ context.Context, f form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.named(f, "Stack [%s] does not exist")
	if err != nil {
		return nil, err
	}
	token := f.text("ClientRequestToken")
	switch {
	case s.closed:
		return nil, errClosing
	case st.repeated(token, "ContinueUpdateRollback"):
		return nil, nil
	case st.parent != "":
		return nil, validationError("ContinueUpdateRollback is not allowed for the nested stack [%s]. Call it for the root stack [%s].", st.id, st.root)
	case st.status != updateRollbackFailed || st.pending == nil:
		return nil, validationError("Stack:%s is in %s state and can not continue rollback.", st.id, st.status)
	}
	skip := f.list("ResourcesToSkip")
	for _, id := range skip {
		if r := st.resources[id]; !strings.Contains(id, ".") && (r == nil || r.status != updateFailed) {
			return nil, validationError("The following resources to skip are not in UPDATE_FAILED state: [%s]", clip(id))
		}
	}
	d := st.pending
	st.remember(token, "ContinueUpdateRollback")
	st.settings.token, d.set.token = token, token
	s.stackEvent(st, updateRollbackInProgress, "User Initiated")
	s.start(st, func(ctx, _ context.Context) { d.rollBackUpdate(ctx, skip) })
	return nil, nil
}
