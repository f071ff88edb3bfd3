package ecs

import (
	"strconv"
	"time"
)

// cpuUnits are the units of a whole CPU.
const cpuUnits = 1024

// leastBusy is the least time that the use of a task is an average of, a minute as of CloudWatch's metrics: a task that has
// just started has used what it was given for that, which does not make it busy.
const leastBusy = time.Minute

// Busy is how busy the running tasks of a service were on average since the last call, or their start, in percent of the CPU of
// their definition, which they can exceed here. ok is false where that is not known: without tasks, and on systems but Linux.
func (e *Emulator) Busy(clusterName, name string) (percent float64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	svc, err := e.findService(clusterName, name)
	if err != nil {
		return 0, false
	}
	sum, n := 0.0, 0
	for _, t := range e.tasksOf(svc) {
		if t.LastStatus != taskRunning {
			continue
		}
		used, known := t.cpuTime()
		units, err := strconv.Atoi(t.Cpu)
		if !known || err != nil {
			continue
		}
		since := t.measured
		if since.IsZero() {
			since = t.running
		}
		passed := max(time.Since(since), leastBusy).Seconds() * float64(units) / cpuUnits
		sum += max((used-t.used).Seconds(), 0) / passed * 100
		n++
		t.measured, t.used = time.Now(), used
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

// cpuTime is what the processes of a task have used so far.
func (t *task) cpuTime() (used time.Duration, known bool) {
	for _, c := range t.containers {
		if d, ok := processTime(c.process.Pid()); ok {
			used, known = used+d, true
		}
	}
	return used, known
}
