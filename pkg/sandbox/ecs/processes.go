package ecs

import (
	"cmp"
	"slices"
	"time"
)

// Process is the process of a container that runs.
type Process struct {
	Container string
	Task      string // its id
	Pid       int
	Address   string // of the task
	Started   time.Time
	Stopping  bool // its task is to stop
}

// Processes lists the processes of all tasks, by container and age.
func (e *Emulator) Processes() []Process {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []Process
	for id, t := range e.tasks {
		for _, c := range t.containers {
			if c.LastStatus != taskRunning {
				continue
			}
			all = append(all, Process{
				Container: c.Name, Task: id, Pid: c.process.Pid(), Address: t.address, Started: c.process.Started(), Stopping: t.DesiredStatus == taskStopped,
			})
		}
	}
	slices.SortFunc(all, func(a, b Process) int {
		return cmp.Or(cmp.Compare(a.Container, b.Container), a.Started.Compare(b.Started))
	})
	return all
}
