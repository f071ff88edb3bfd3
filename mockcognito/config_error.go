package mockcognito

import (
	"fmt"
	"strings"
)

// maxProblems bounds the list of mistakes, so that a file that is wrong everywhere stays readable.
const maxProblems = 50

// maxQuoted bounds how much of a wrong value an error repeats.
const maxQuoted = 60

// ConfigError lists every mistake of a configuration, each as "path: rule" with a path such as
// pools[0].clients[2].scopes[1].
type ConfigError struct {
	// Problems are the mistakes in the order of the file, at most 50.
	Problems []string
	// Omitted counts the mistakes beyond those.
	Omitted int
}

// Error puts each mistake on a line of its own.
func (e *ConfigError) Error() string {
	lines := strings.Join(e.Problems, "\n  ")
	if e.Omitted > 0 {
		lines += fmt.Sprintf("\n  and %d more", e.Omitted)
	}
	count := len(e.Problems) + e.Omitted
	if count == 1 {
		return "a mistake in the pool configuration: " + lines
	}
	return fmt.Sprintf("%d mistakes in the pool configuration:\n  %s", count, lines)
}

// problems collects mistakes until all have been found.
type problems struct {
	list    []string
	omitted int
	paths   map[string]bool
	// settled paths were found wrong by an earlier step; what follows from that is not told as well.
	settled map[string]bool
}

func (p *problems) add(path, format string, args ...any) {
	if p.settled[path] {
		return
	}
	if p.paths == nil {
		p.paths = map[string]bool{}
	}
	p.paths[path] = true
	if len(p.list) == maxProblems {
		p.omitted++
		return
	}
	p.list = append(p.list, path+": "+fmt.Sprintf(format, args...))
}

// continued is for a second step over the same configuration, which adds to the list of the first.
func (p *problems) continued() problems {
	return problems{list: p.list, omitted: p.omitted, settled: p.paths}
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &ConfigError{Problems: p.list, Omitted: p.omitted}
}

// clip quotes a value for an error message and cuts it to a bearable length.
func clip(s string) string {
	if len(s) > maxQuoted {
		return fmt.Sprintf("%q...", s[:maxQuoted])
	}
	return fmt.Sprintf("%q", s)
}
