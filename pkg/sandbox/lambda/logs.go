package lambda

import (
	"io"
	"strings"
)

// Logs keeps what functions print, as CloudWatch Logs.
type Logs interface {
	// Append adds messages to a stream of a group.
	Append(group, stream string, messages ...string) error
}

// logStream writes the lines of one environment to its stream.
type logStream struct {
	logs        Logs
	group, name string
}

// Write adds each line of text, with its end, as a message.
func (l logStream) Write(text []byte) (int, error) {
	var lines []string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, line)
	}
	return len(text), l.logs.Append(l.group, l.name, lines...)
}

// streams is where the environments of a function log to, or nil.
func (s *Service) streams(group string) func(name string) io.Writer {
	if s.cfg.Logs == nil {
		return nil
	}
	return func(name string) io.Writer { return logStream{s.cfg.Logs, group, name} }
}
