package ecs

import (
	"context"
	"strconv"
	"time"
)

// outOfMemory is the reason of a container that took more memory than it may.
const outOfMemory = "OutOfMemoryError: Container killed due to memory usage"

// limit begins to hold the containers of a task to their memory.
func (e *Emulator) limit(_ context.Context, t *task) error {
	e.spawn(func(ctx context.Context) { e.watchMemory(ctx, t) })
	return nil
}

// watchMemory kills what takes more memory than it may, as long as something of a task runs.
func (e *Emulator) watchMemory(ctx context.Context, t *task) {
	tick := time.NewTicker(memoryPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.stopped:
			return
		case <-tick.C:
		}
		if c := t.greedy(); c != nil {
			e.set(t, func() { c.Reason = outOfMemory })
			c.process.Kill()
			<-c.process.Exited()
		}
	}
}

// greedy is a container that is to be killed: one that took more than its own limit, or the largest of a task that takes more than the
// task's.
func (t *task) greedy() *container {
	var used []usage
	for _, c := range t.containers {
		if resident, peak, ok := c.process.Memory(); ok {
			used = append(used, usage{c, resident, peak})
		}
	}
	most, _ := strconv.ParseInt(t.Memory, 10, 64) // what is registered is a number
	return tooMuch(used, most*mebibyte)
}

const mebibyte = 1 << 20

// usage is the memory of a container, in bytes.
type usage struct {
	*container
	resident, peak int64
}

func tooMuch(used []usage, most int64) *container {
	var sum int64
	var largest usage
	for _, u := range used {
		if own := u.definition.Memory; own != nil && u.peak > int64(*own)*mebibyte {
			return u.container
		}
		if sum += u.resident; u.resident > largest.resident {
			largest = u
		}
	}
	if sum <= most {
		return nil
	}
	return largest.container
}
