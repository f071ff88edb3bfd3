package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// request is a request, and what AWS answers.
type request struct {
	Name      string            `json:"name"`
	Operation string            `json:"operation"`
	Header    map[string]string `json:"header"` // besides the usual; empty means that it is left out
	Query     string            `json:"query"`
	Body      string            `json:"body"`
	Status    int               `json:"status"`
	Type      string            `json:"type"`
	Message   string            `json:"message"`
	Source    string            `json:"source"`
}

// The streams that requests speak of: one with three shards, and one that is being created.
const (
	stream     = "s"
	busyStream = "busy"
)

// ours marks, in a source, an answer that nothing of AWS proves: others are not held to it.
const ours = "no recording"

// readRequests reads all files of requests. Those about the stream that is being created come first.
func readRequests(dir string) ([]request, error) {
	var all []request
	for _, name := range []string{"recorded.json", "model.json"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		var some []request
		if err := json.Unmarshal(raw, &some); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, some...)
	}
	all = slices.DeleteFunc(all, func(r request) bool {
		return strings.HasPrefix(r.Source, ours) || strings.Contains(r.Message, "Limit: 10.") // set for a test
	})
	slices.SortStableFunc(all, func(a, b request) int { return rank(a) - rank(b) })
	return all, nil
}

func rank(r request) int {
	if strings.Contains(r.Body, `"`+busyStream+`"`) || strings.Contains(r.Body, "/"+busyStream) {
		return 0
	}
	return 1
}
