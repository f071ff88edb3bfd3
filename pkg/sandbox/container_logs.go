package sandbox

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// taskLogs takes what containers write to CloudWatch Logs, the metrics out of it, and a copy to a file for each container, which
// outlives the sandbox as the logs of all other processes do.
type taskLogs struct {
	*Sandbox

	mu    sync.Mutex // guards files
	files map[string]*os.File
}

func newTaskLogs(s *Sandbox) *taskLogs { return &taskLogs{Sandbox: s, files: map[string]*os.File{}} }

// CreateLogStream implements ecs.Logs.
func (l *taskLogs) CreateLogStream(ctx context.Context, group, stream string) error {
	if err := l.logs.CreateLogStream(ctx, group, stream); err != nil {
		return err
	}
	f, err := os.OpenFile(l.taskLog(path.Base(path.Dir(stream)), path.Base(stream)), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files[group+" "+stream] = f
	return nil
}

// Append implements ecs.Logs.
func (l *taskLogs) Append(group, stream string, lines ...string) error {
	for _, line := range lines {
		l.autoscaling.Read(line)
	}
	l.mu.Lock()
	if f := l.files[group+" "+stream]; f != nil {
		_, _ = f.WriteString(strings.Join(lines, "\n") + "\n") // CloudWatch Logs is what has to have them
	}
	l.mu.Unlock()
	return l.logs.Append(group, stream, lines...)
}

// Ended implements ecs.Logs.
func (l *taskLogs) Ended(group, stream string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.files[group+" "+stream]; f != nil {
		_ = f.Close()
		delete(l.files, group+" "+stream)
	}
}

// taskIDShown is how much of a task's id its log is called after.
const taskIDShown = 8

// taskLog is the file of a container's log.
func (s *Sandbox) taskLog(container, task string) string {
	return filepath.Join(s.cfg.StateDir, "log", container+"-"+task[:min(len(task), taskIDShown)]+".log")
}
