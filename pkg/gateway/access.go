package gateway

import (
	"fmt"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/fanout"
	"github.com/spillway/spillway/pkg/filter"
	"github.com/spillway/spillway/pkg/topic"
)

// Policy is what the operator has decided beside the scopes of tokens. It may change at
// any time.
type Policy interface {
	// Check returns why a client may not come in; nil if it may.
	Check(clientID string) error
	// Filters returns the filters that are attached to a grant of a client, which
	// filter.Join must make a filter of.
	Filters(clientID string, grant topic.Pattern) []string
	// Changed is closed, or gives something, when there is a change.
	Changed() <-chan struct{}
}

// everybody is the policy of who has none.
type everybody struct{}

func (everybody) Check(string) error                     { return nil }
func (everybody) Filters(string, topic.Pattern) []string { return nil }
func (everybody) Changed() <-chan struct{}               { return nil }

// maxFilters bounds the compiled filters that are kept, at some 10 KB each.
const maxFilters = 1 << 10

// filters compiles filters, and keeps the last ones: subscribers come back with what
// they had.
type filters struct {
	compiled *lru.Cache[string, *filter.Filter]
}

func newFilters() filters {
	compiled, err := lru.New[string, *filter.Filter](maxFilters)
	if err != nil {
		panic(err) // the size is wrong
	}
	return filters{compiled}
}

func (f filters) compile(text string) (*filter.Filter, error) {
	if got, ok := f.compiled.Get(text); ok {
		return got, nil
	}
	got, err := filter.Compile(text)
	if err == nil {
		f.compiled.Add(text, got)
	}
	return got, err
}

// grants returns what a client may read: each grant of its token, narrowed by what the
// operator has attached to it.
func (s *Server) grants(id authn.Identity) ([]fanout.Rule, error) {
	rules := make([]fanout.Rule, 0, len(id.Grants))
	for _, g := range id.Grants {
		rule := fanout.Rule{Pattern: g}
		if texts := s.cfg.Policy.Filters(id.ClientID, g); len(texts) > 0 {
			var err error
			if rule.Filter, err = s.filters.compile(filter.Join(texts)); err != nil {
				return nil, fmt.Errorf("the operator's filter of %s: %w", g, err)
			}
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// patternsOf returns the patterns of rules, without those that others cover.
func patternsOf(rules []fanout.Rule) []topic.Pattern {
	ps := make([]topic.Pattern, len(rules))
	for i, r := range rules {
		ps[i] = r.Pattern
	}
	return topic.Canonical(ps)
}

// entitled returns the asked patterns, or all grants if none was asked, and the rules
// that an event has to pass beside; none if the patterns say all. Each asked pattern must
// be covered by the grants, be it by several together.
func entitled(asked []topic.Pattern, grants []fanout.Rule) ([]topic.Pattern, []fanout.Rule, error) {
	all := patternsOf(grants)
	if len(all) == 0 {
		return nil, nil, status.Error(codes.PermissionDenied, "the token grants nothing: its scopes name no pattern of this service")
	}
	if len(asked) == 0 {
		asked = all
	}
	open := patternsOf(slices.DeleteFunc(slices.Clone(grants), func(r fanout.Rule) bool { return r.Filter != nil }))
	narrowed := false
	for _, p := range asked {
		if !p.CoveredBy(all) {
			return nil, nil, status.Errorf(codes.PermissionDenied, "pattern %q is not covered by the token's grants: %s", p, quoted(all))
		}
		narrowed = narrowed || !p.CoveredBy(open)
	}
	if !narrowed {
		return asked, nil, nil
	}
	return asked, grants, nil
}

// admits tells whether rules let through all that others do, as far as their texts tell.
func admits(rules, others []fanout.Rule) bool {
	if len(rules) == 0 {
		return true
	}
	return len(others) > 0 && !slices.ContainsFunc(others, func(o fanout.Rule) bool {
		return !slices.ContainsFunc(rules, func(r fanout.Rule) bool {
			return r.Pattern.Covers(o.Pattern) && (r.Filter == nil || o.Filter != nil && r.Filter.String() == o.Filter.String())
		})
	})
}

// filtersOf returns the filters of rules by their patterns.
func filtersOf(rules []fanout.Rule) map[string]string {
	texts := map[string]string{}
	for _, r := range rules {
		if r.Filter != nil {
			texts[r.Pattern.String()] = r.Filter.String()
		}
	}
	return texts
}
