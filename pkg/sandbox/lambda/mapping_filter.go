package lambda

import "github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"

// FilterCriteria are the filters of a mapping: it delivers what matches one of them.
type FilterCriteria struct {
	Filters []Filter `json:",omitempty"`
}

// Filter is a pattern in the language of EventBridge.
type Filter struct {
	Pattern string `json:",omitempty"`
}

func (f *FilterCriteria) filters() []Filter {
	if f == nil {
		return nil
	}
	return f.Filters
}

func (f *FilterCriteria) parse() (*eventsource.Filter, error) {
	var patterns []string
	for _, filter := range f.filters() {
		patterns = append(patterns, filter.Pattern)
	}
	return eventsource.ParseFilter(patterns)
}
