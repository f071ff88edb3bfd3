package client

import (
	"fmt"
	"strings"
)

// PatternsError is what OpenFileStore returns if the file keeps the position of
// other patterns or of another filter: resuming it would skip the events that those
// left out.
type PatternsError struct {
	Path                      string
	Stored, Asked             []string
	StoredFilter, AskedFilter string
}

// Error names both.
func (e *PatternsError) Error() string {
	return fmt.Sprintf("position file %s is of %s%s, not of %s%s: keep the position of another subscription in another file, or remove this one to begin anew",
		e.Path, patternsText(e.Stored), filterText(e.StoredFilter), patternsText(e.Asked), filterText(e.AskedFilter))
}

func filterText(filter string) string {
	if filter == "" {
		return ""
	}
	return fmt.Sprintf(" filtered by %q", filter)
}

func patternsText(patterns []string) string {
	if len(patterns) == 0 {
		return "everything that is granted"
	}
	return strings.Join(patterns, " ")
}
