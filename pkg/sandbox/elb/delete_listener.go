package elb

import "context"

// DeleteListenerInput names a listener.
type DeleteListenerInput struct{ ListenerArn string }

// DeleteListener deletes a listener; flows that there are go on.
func (s *Service) DeleteListener(_ context.Context, in DeleteListenerInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners[in.ListenerArn] == nil {
		return noListener()
	}
	s.dropListener(in.ListenerArn)
	return nil
}

// dropListener closes and forgets a listener; s.mu is held.
func (s *Service) dropListener(arn string) {
	s.listeners[arn].close()
	delete(s.listeners, arn)
	delete(s.tags, arn)
	s.attach()
}
