package stack

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Status tells Out what runs: a table of processes with their memory, and the endpoints. It is no error if nothing
// runs, but it is if something runs that cannot be used.
func (s *Stack) Status(ctx context.Context) error {
	pid, alive, err := s.running()
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if !alive {
		s.say("Spillway is not running.")
		return nil
	}
	r, err := s.record()
	if err != nil {
		return fmt.Errorf("status: the sandbox (pid %d) runs, but an up has not completed: %w", pid, err)
	}
	h, err := fetchHealth(ctx, r.Endpoints.AWS)
	if err != nil {
		return fmt.Errorf("status: the sandbox (pid %d) runs but does not answer: %w", pid, err)
	}
	s.say("Spillway is %s.\n", h.Status)
	s.table(h, r)
	s.say("")
	s.summary(r, h.redisKind(), false)
	if h.Status != daemonReady {
		return fmt.Errorf("status: %s", h.unready())
	}
	return nil
}

// table prints a line for each process. Functions are what the sandbox has started beside services.
func (s *Stack) table(h Health, r record) {
	known := family(processes(), h.Pid)
	w := tabwriter.NewWriter(s.o.Out, 0, 0, 2, ' ', 0)
	row := func(name, state string, pid int, address string, up time.Duration, restarts string) {
		memory, process := "-", "-"
		if p, ok := known[pid]; ok {
			memory = megabytes(p.memory)
		}
		if pid > 0 {
			process = strconv.Itoa(pid)
		}
		// What is printed into nowhere needs no error.
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, state, process, cmp.Or(address, "-"), memory, up.Round(time.Second), restarts)
	}
	_, _ = fmt.Fprintln(w, "  SERVICE\tSTATE\tPID\tADDRESS\tMEMORY\tUP\tRESTARTS")
	row("sandbox", h.Status, h.Pid, strings.TrimPrefix(r.Endpoints.AWS, "http://"), time.Since(r.Started), "-")
	var total int64
	for _, p := range known {
		total += p.memory
	}
	functions := maps.Clone(known)
	delete(functions, h.Pid)
	for _, service := range h.Services {
		address := service.Address
		if service.Name == gatewayName {
			address = r.Endpoints.Gateway // not where its health is asked for
		}
		row(service.Name, service.State, service.Pid, address, time.Since(service.Started), strconv.Itoa(service.Restarts))
		delete(functions, service.Pid)
	}
	for _, task := range h.Tasks {
		state := serviceRunning
		if task.Stopping {
			state = "draining"
		}
		row("task "+task.Name, state, task.Pid, task.Address, time.Since(task.Started), "-")
		delete(functions, task.Pid)
	}
	for _, pid := range slices.Sorted(maps.Keys(functions)) {
		row("function", serviceRunning, pid, "", functions[pid].age, "-")
	}
	_ = w.Flush()
	if total > 0 {
		s.say("\n  memory in all: %s", megabytes(total))
	}
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MB", (bytes+1<<19)>>20) }
