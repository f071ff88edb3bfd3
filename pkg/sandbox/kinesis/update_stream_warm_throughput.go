package kinesis

import (
	"context"
	"time"
)

// maxWarmMiBps is the highest warm throughput of a stream.
const maxWarmMiBps = 10_240

// WarmThroughput says what an on-demand stream can take at once.
type WarmThroughput struct{ TargetMiBps, CurrentMiBps int }

// UpdateStreamWarmThroughputInput is the input of UpdateStreamWarmThroughput.
type UpdateStreamWarmThroughputInput struct {
	StreamName, StreamARN string
	WarmThroughputMiBps   int
}

// UpdateStreamWarmThroughputOutput is the output of UpdateStreamWarmThroughput.
type UpdateStreamWarmThroughputOutput struct {
	StreamARN, StreamName string
	WarmThroughput        WarmThroughput
}

// updateStreamWarmThroughput gives an on-demand stream a shard for each MiB/s that it is to take.
func (s *Service) updateStreamWarmThroughput(_ context.Context, in UpdateStreamWarmThroughputInput) (UpdateStreamWarmThroughputOutput, error) {
	var out UpdateStreamWarmThroughputOutput
	err := s.change(in.StreamName, in.StreamARN, func(st *stream, now time.Time) (streamState, error) {
		next, err := s.begin(st, StatusUpdating, now)
		if err != nil {
			return streamState{}, err
		}
		if next.mode != ModeOnDemand {
			return streamState{}, errWarmMode()
		}
		if err := s.checkWarm(in.WarmThroughputMiBps, next.mode); err != nil {
			return streamState{}, err
		}
		current := next.writeMiBps()
		next.warmMiBps = in.WarmThroughputMiBps
		if more := in.WarmThroughputMiBps - len(next.open); more > 0 {
			if err := s.checkCapacity(more); err != nil {
				return streamState{}, err
			}
			next.rescale(in.WarmThroughputMiBps, now, &s.memory)
		}
		out = UpdateStreamWarmThroughputOutput{st.arn, st.name, WarmThroughput{in.WarmThroughputMiBps, current}}
		return next, nil
	})
	return out, err
}

// checkWarm checks a warm throughput that is asked for; 0 is none. The caller holds control.
func (s *Service) checkWarm(mibps int, mode string) error {
	switch {
	case mibps == 0:
		return nil
	case mode != ModeOnDemand:
		return errWarmMode()
	case mibps > maxWarmMiBps:
		return fault(CodeInvalidArgument, "WarmThroughputMiBps %d must not exceed %d.", mibps, maxWarmMiBps)
	case !s.settings.Load().committed(s.now()):
		return fault(CodeValidation, "Warm throughput requires that MinimumThroughputBillingCommitment is enabled for account %s.", s.cfg.AccountID)
	default:
		return nil
	}
}

func errWarmMode() *Error {
	return fault(CodeInvalidArgument, "Warm throughput is only supported for streams in ON_DEMAND mode.")
}

// writeMiBps is what the open shards take together.
func (t *streamState) writeMiBps() int { return len(t.open) * writeBytesPerSecond >> 20 }

func (t *streamState) warmThroughput(now time.Time) *WarmThroughput {
	out := &WarmThroughput{TargetMiBps: t.warmMiBps, CurrentMiBps: t.warmMiBps}
	if t.status(now) != StatusActive {
		out.CurrentMiBps = 0
	}
	return out
}
