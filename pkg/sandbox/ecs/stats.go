package ecs

import (
	"strconv"
	"time"
)

// Stats is how much a container uses, in Docker's form.
type Stats struct {
	Read   time.Time   `json:"read"`
	Name   string      `json:"name"`
	ID     string      `json:"id"`
	CPU    CPUStats    `json:"cpu_stats"`
	Memory MemoryStats `json:"memory_stats"`
}

// CPUStats is the time on CPUs.
type CPUStats struct {
	Usage struct {
		Total int64 `json:"total_usage"` // nanoseconds
	} `json:"cpu_usage"`
}

// MemoryStats are in bytes.
type MemoryStats struct {
	Usage    int64 `json:"usage"`
	MaxUsage int64 `json:"max_usage"`
	Limit    int64 `json:"limit"`
}

// stats are those of a container; nil where it does not run, or the system does not tell. Emulator.mu is held.
func (c *container) stats(t *task) *Stats {
	if c.LastStatus != taskRunning {
		return nil
	}
	resident, peak, ok := c.process.Memory()
	used, known := processTime(c.process.Pid())
	if !ok || !known {
		return nil
	}
	most, _ := strconv.Atoi(t.Memory)
	s := &Stats{
		Read: time.Now().UTC(), Name: c.Name, ID: c.RuntimeID,
		Memory: MemoryStats{resident, peak, int64(orDefault(c.definition.Memory, most)) * mebibyte},
	}
	s.CPU.Usage.Total = used.Nanoseconds()
	return s
}

// stats are those of all containers, by their ids; Emulator.mu is held.
func (t *task) stats() map[string]*Stats {
	all := map[string]*Stats{}
	for _, c := range t.containers {
		all[c.RuntimeID] = c.stats(t)
	}
	return all
}
