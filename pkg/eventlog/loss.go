package eventlog

import (
	"context"
	"fmt"
)

// maxMS bounds the time of an entry that a reader may report, in milliseconds: the ids
// of a lane begin after it, and must leave room for all that come.
const maxMS = 1 << 48

// ReportLoss tells the log that a reader had read the entry lost, which its lane does
// not have any more. If that is so, and was not told before, the lane gets an entry
// without events that is Torn, so that everybody else learns of it.
func (l *Log) ReportLoss(ctx context.Context, epoch string, lane int, lost ID) error {
	if !lost.Exact() || lost.MS > maxMS {
		return fmt.Errorf("report loss of lane %d of log %s: %v is not the position of an entry", lane, l.cfg.Name, lost)
	}
	now, err := l.epochOnce(ctx)
	if err == nil && now.ID != epoch {
		now, err = l.Epoch(ctx)
	}
	if err != nil {
		return err
	}
	if now.ID != epoch {
		return nil // another epoch tells by itself
	}
	if lane < 0 || lane >= now.Lanes {
		return fmt.Errorf("report loss of lane %d of log %s: want 0 to %d", lane, l.cfg.Name, now.Lanes-1)
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.patient(appendTimeout))
	defer cancel()
	pipe := l.rdb.Pipeline()
	l.scripts.report.call(ctx, pipe, true, l.laneKeys(epoch, lane), l.laneArgs(now, lost, ""))
	l.notice(ctx, pipe, lane)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("report loss of lane %d of log %s: %w", lane, l.cfg.Name, err)
	}
	return nil
}
