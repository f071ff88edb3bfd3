package lambda

import (
	"context"
	"slices"
)

// GetEventSourceMapping describes a mapping.
func (s *Service) GetEventSourceMapping(_ context.Context, uuid string) (EventSourceMapping, error) {
	m, err := s.findMapping(uuid)
	if err != nil {
		return EventSourceMapping{}, err
	}
	return m.snapshot(), nil
}

// ListEventSourceMappingsInput selects mappings; what is empty selects all.
type ListEventSourceMappingsInput struct {
	EventSourceArn string
	FunctionName   string
	Marker         string
	MaxItems       int // 0 means 100
}

// ListEventSourceMappingsOutput is a page of mappings.
type ListEventSourceMappingsOutput struct {
	EventSourceMappings []EventSourceMapping
	NextMarker          string `json:",omitempty"`
}

// mappingsPage is the most that a page of mappings holds.
const mappingsPage = 100

// ListEventSourceMappings lists mappings by UUID.
func (s *Service) ListEventSourceMappings(_ context.Context, in ListEventSourceMappingsInput) (ListEventSourceMappingsOutput, error) {
	arn := ""
	if in.FunctionName != "" {
		id, e := s.parseName(in.FunctionName)
		if e != nil {
			return ListEventSourceMappingsOutput{}, e
		}
		if id.qualifier == latest {
			id.qualifier = ""
		}
		arn = s.functionARN(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make(map[string]EventSourceMapping)
	var ids []string
	for id, m := range s.mappings {
		c := m.snapshot()
		if (in.EventSourceArn == "" || in.EventSourceArn == c.EventSourceArn) && (arn == "" || arn == c.FunctionArn) {
			found[id] = c
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids, next := page(ids, in.Marker, in.MaxItems, mappingsPage)
	out := ListEventSourceMappingsOutput{EventSourceMappings: make([]EventSourceMapping, len(ids)), NextMarker: next}
	for i, id := range ids {
		out.EventSourceMappings[i] = found[id]
	}
	return out, nil
}
