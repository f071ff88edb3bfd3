package authn

import (
	"slices"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/topic"
)

// maxGrants is Cognito's limit of scopes per client.
const maxGrants = 50

// Identity is what a token says. It is shared by all who send the token: read only.
type Identity struct {
	ClientID string
	TokenID  string // jti
	// Grants are what it may read, each once, sorted. One may cover another: an operator
	// can have attached something to either.
	Grants  []topic.Pattern
	Issued  time.Time // iat, up to 30 s in the future
	Expires time.Time // exp; the token is taken until 30 s later
}

// grants reads the patterns from the scopes of resource servers. A scope whose name is
// no pattern grants nothing.
func grants(scope string, resourceServers []string) ([]topic.Pattern, error) {
	var ps []topic.Pattern
	for s := range strings.SplitSeq(scope, " ") {
		slash := strings.LastIndexByte(s, '/')
		if slash < 0 || !slices.Contains(resourceServers, s[:slash]) {
			continue
		}
		if p, err := topic.Parse(s[slash+1:]); err == nil {
			ps = append(ps, p)
		}
	}
	slices.SortFunc(ps, func(a, b topic.Pattern) int { return strings.Compare(a.String(), b.String()) })
	ps = slices.Clip(slices.Compact(ps))
	if len(ps) > maxGrants {
		return nil, refuse("the token has %d scopes of this service, at most %d are allowed", len(ps), maxGrants)
	}
	return ps, nil
}
