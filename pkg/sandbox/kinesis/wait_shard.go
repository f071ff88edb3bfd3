package kinesis

import "context"

// WaitShard blocks until a ReadShard from the position would find a record, or
// the shard is closed; both give nil. It gives CodeResourceNotFound when the
// stream is deleted, ErrClosed when the service is closed, and ctx's error
// when ctx ends. Latest means the end of the shard when WaitShard is called.
func (s *Service) WaitShard(ctx context.Context, streamARN, shardID string, from Position) error {
	st, sh, err := s.shardOf(streamARN, shardID)
	if err != nil {
		return err
	}
	if from.kind == fromLatest {
		from = sh.tail()
	}
	for {
		gone, ok, changed := sh.ready(from)
		switch {
		case gone:
			return s.errStreamNotFound(st.name)
		case ok:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return ErrClosed
		}
	}
}
