package kinesis

import "context"

// checked runs an operation whose input did not come over the wire.
func checked[In, Out any](ctx context.Context, s *Service, operation string, in In, f func(*Service, context.Context, In) (Out, error)) (Out, error) {
	if err := s.check(operation, in); err != nil {
		var none Out
		return none, err
	}
	return f(s, ctx, in)
}

// checkedSilent is checked for an operation without an output.
func checkedSilent[In any](ctx context.Context, s *Service, operation string, in In, f func(*Service, context.Context, In) error) error {
	if err := s.check(operation, in); err != nil {
		return err
	}
	return f(s, ctx, in)
}
