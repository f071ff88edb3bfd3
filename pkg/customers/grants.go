package customers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/spillway/spillway/pkg/topic"
)

const (
	// MaxScopes is the most scopes of a resource server: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html.
	MaxScopes = 100
	// MaxGrants is the most scopes of a client: the same page.
	MaxGrants = 50

	maxIdentifier = 256 // of a resource server: API_CreateResourceServer
)

// names of customers are what a template's Customers may be and some more, all of which Cognito takes.
var names = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$`)

func checkName(name string) error {
	if !names.MatchString(name) {
		return fmt.Errorf("name %q: must be 1 to 64 letters, digits, -, _ and ., and begin with a letter or digit", name)
	}
	return nil
}

// checkGrants returns the patterns sorted, each once, or all that is wrong with them.
func checkGrants(name string, patterns []string) ([]string, error) {
	patterns = slices.Compact(slices.Sorted(slices.Values(patterns)))
	var errs []error
	if len(patterns) == 0 {
		errs = append(errs, errors.New("no grant is given: a customer needs one pattern at least"))
	}
	for _, p := range patterns {
		if _, err := topic.Parse(p); err != nil { // a pattern is no longer, and has no other characters, than a scope may
			errs = append(errs, fmt.Errorf("grant: %w", err))
		}
	}
	if len(patterns) > MaxGrants {
		errs = append(errs, &LimitError{"client " + name, len(patterns), MaxGrants})
	}
	return patterns, errors.Join(append(errs, checkName(name))...)
}

// scopesOf are patterns as scopes of the Directory's own resource server.
func (d *Directory) scopesOf(patterns []string) []string {
	scopes := make([]string, len(patterns))
	for i, p := range patterns {
		scopes[i] = d.prefix() + p
	}
	return scopes
}
