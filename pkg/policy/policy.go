package policy

import (
	"fmt"
	"slices"

	"github.com/spillway/spillway/pkg/topic"
)

// Policy is what an operator has decided. The zero Policy lets everybody in and attaches
// nothing.
type Policy struct {
	limited bool            // only those allowed may come in
	allow   map[string]bool // by client id
	deny    map[string]bool
	filters []attachment
}

// attachment is a filter of a grant.
type attachment struct {
	clients []string // none: every client
	pattern topic.Pattern
	filter  string
}

// Denied says that a client may not come in, in words fit for the client.
type Denied struct {
	ClientID string
	Reason   string
}

func (d *Denied) Error() string { return fmt.Sprintf("client %q %s", d.ClientID, d.Reason) }

// Check returns nil if a client may come in, else a *Denied.
func (p *Policy) Check(clientID string) error {
	switch {
	case p.deny[clientID]:
		return &Denied{clientID, "is locked out by the operator of this service"}
	case p.limited && !p.allow[clientID]:
		return &Denied{clientID, "is not among those that the operator of this service lets in"}
	}
	return nil
}

// Filters returns the filters that are attached to a grant of a client, in the order of
// the file. The grant covers what all of them let through.
func (p *Policy) Filters(clientID string, grant topic.Pattern) []string {
	var filters []string
	for _, a := range p.filters {
		if a.pattern == grant && (len(a.clients) == 0 || slices.Contains(a.clients, clientID)) {
			filters = append(filters, a.filter)
		}
	}
	return filters
}
