package ecs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
)

// output takes what a container writes, line by line, to a log stream. A nil one has no log.
type output struct {
	logs          Logs
	log           *slog.Logger
	group, stream string

	mu   sync.Mutex // guards rest
	rest []byte     // a line that has no end yet
}

// logStream is the log stream of a container: PREFIX/CONTAINER/TASK, as the awslogs driver names it.
func logStream(t *task, c *container) string {
	return c.definition.LogConfiguration.Options["awslogs-stream-prefix"] + "/" + c.Name + "/" + t.id()
}

// openOutput makes the log stream of a container.
func (e *Emulator) openOutput(ctx context.Context, t *task, c *container) (*output, error) {
	conf := c.definition.LogConfiguration
	if conf == nil {
		return nil, nil //nolint:nilnil // it writes to nowhere
	}
	if e.cfg.Logs == nil {
		return nil, errors.New("the sandbox has no logs")
	}
	o := &output{
		logs: e.cfg.Logs, log: e.cfg.Logger, group: conf.Options["awslogs-group"],
		stream: logStream(t, c),
	}
	return o, e.cfg.Logs.CreateLogStream(ctx, o.group, o.stream)
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var lines []string
	o.rest = append(o.rest, p...)
	for {
		end := bytes.IndexByte(o.rest, '\n')
		switch {
		case end > maxLogLine, end < 0 && len(o.rest) > maxLogLine:
			lines = append(lines, string(o.rest[:maxLogLine]))
			o.rest = o.rest[maxLogLine:]
		case end >= 0:
			lines = append(lines, string(bytes.TrimSuffix(o.rest[:end], []byte("\r"))))
			o.rest = o.rest[end+1:]
		default:
			o.rest = bytes.Clone(o.rest)
			o.append(lines)
			return len(p), nil
		}
	}
}

func (o *output) append(lines []string) {
	if len(lines) == 0 {
		return
	}
	if err := o.logs.Append(o.group, o.stream, lines...); err != nil {
		o.log.Warn("output of a container", "log_group", o.group, "error", err)
	}
}

// close writes what has no end.
func (o *output) close() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rest) > 0 {
		o.append([]string{string(o.rest)})
		o.rest = nil
	}
	o.logs.Ended(o.group, o.stream)
}
