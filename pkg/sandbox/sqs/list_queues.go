package sqs

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// ListQueuesInput asks for queues whose names begin with a prefix.
type ListQueuesInput struct {
	QueueNamePrefix string
	MaxResults      *int
	NextToken       string // the last name of the page before
}

// ListQueuesOutput is a page of queues.
type ListQueuesOutput struct {
	QueueUrls []string `json:",omitempty"`
	NextToken string   `json:",omitempty"`
}

// ListQueues lists queues by name. Only with MaxResults there are several pages, as on AWS.
func (s *Service) ListQueues(_ context.Context, in ListQueuesInput) (ListQueuesOutput, error) {
	limit := maxListed
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < 1 || limit > maxListed {
			return ListQueuesOutput{}, outOfRange("MaxResults", limit, 1, maxListed)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out ListQueuesOutput
	last := ""
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if name <= in.NextToken || !strings.HasPrefix(name, in.QueueNamePrefix) {
			continue
		}
		if len(out.QueueUrls) == limit {
			if in.MaxResults != nil {
				out.NextToken = last
			}
			break
		}
		out.QueueUrls, last = append(out.QueueUrls, s.url(name)), name
	}
	return out, nil
}
