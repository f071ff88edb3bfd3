package stack

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// failureLines is how much of a log tells why a start failed.
	failureLines = 12
	// maxTailBytes bounds how much of a log is read for its last lines.
	maxTailBytes = 64 << 10
)

// suspect is the service that keeps a daemon from being ready: one that has failed, or else the first one that is not
// running. It reports false if there is none.
func (h Health) suspect() (Service, bool) {
	if i := slices.IndexFunc(h.Services, func(s Service) bool { return s.State == serviceFailed }); i >= 0 {
		return h.Services[i], true
	}
	if i := slices.IndexFunc(h.Services, func(s Service) bool { return s.State != serviceRunning }); i >= 0 {
		return h.Services[i], true
	}
	return Service{}, false
}

// unready says what of a daemon cannot be used yet.
func (h Health) unready() string {
	service, ok := h.suspect()
	if !ok {
		return "the sandbox to answer"
	}
	text := fmt.Sprintf("%s is %s", service.Name, service.State)
	if service.LastExit != "" {
		text += ", its last process ended with " + service.LastExit
	}
	return text
}

// startFailure adds to err the ends of the logs that tell why: the daemon's, and that of the service that is not
// ready. Services are started one after the other; without health, it is the last one that has a log.
func (s *Stack) startFailure(err error, h Health) error {
	logs := []string{s.path(logDir, sandboxLog)}
	service, _ := h.suspect()
	suspect := service.Log
	if suspect == "" {
		for _, name := range []string{issuerName, gatewayName} {
			path := s.path(stateDir, "log", name+".log")
			if info, err := os.Stat(path); err == nil && info.Size() > 0 {
				suspect = path
			}
		}
	}
	if suspect != "" {
		logs = append(logs, suspect)
	}
	text := ""
	for _, path := range logs {
		text += s.quoteLog(path)
	}
	return fmt.Errorf("%w%s", err, text)
}

// quoteLog is the end of a log for an error.
func (s *Stack) quoteLog(path string) string {
	lines, err := tail(path, failureLines)
	if err != nil {
		return fmt.Sprintf("\n%s cannot be read: %v", s.shown(path), err)
	}
	if len(lines) == 0 {
		return fmt.Sprintf("\n%s is empty", s.shown(path))
	}
	return fmt.Sprintf("\n%s ends with:\n    %s", s.shown(path), strings.Join(lines, "\n    "))
}

// tail returns the last lines of a file, at most n.
func tail(path string, n int) ([]string, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-maxTailBytes)
	text, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil || len(text) == 0 {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if from > 0 {
		lines = lines[1:] // its beginning may be missing
	}
	return lines[max(0, len(lines)-n):], nil
}
