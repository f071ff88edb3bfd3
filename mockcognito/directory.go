package mockcognito

import (
	"slices"
	"strings"
	"time"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// origin says where a resource comes from, and so what becomes of it at the next start.
type origin int

const (
	fromConfig origin = iota // said again at each start
	fromAPI                  // kept in the state file
	fromMemory               // made by AddClient, gone with the process
)

// directory is every pool at one moment, the oldest first. Neither it nor anything below it is ever changed: a change
// makes a new one, so that a request sees one consistent state and holds no lock.
type directory struct{ pools []*pool }

// pool is a user pool.
type pool struct {
	origin      origin
	key         string // what the state file calls a pool of the configuration
	generatedID bool
	id          string
	name        string
	// configuredIssuer is the one that the configuration says, which no setting replaces.
	configuredIssuer string
	// domain is the prefix domain, "" if there is none.
	domain string
	// configuredDomain is the one that the configuration says.
	configuredDomain string
	custom           *customDomain
	// loginVersion is the ManagedLoginVersion of the prefix domain, 0 if none was asked for.
	loginVersion      int64
	keys              []keyPair // newest first, at most two: the pair in use and the previous one
	servers           []*resourceServer
	clients           []*client
	settings          schema.Fields // members of CreateUserPool that mean nothing here
	tags              map[string]string
	created, modified time.Time
}

// customDomain is a domain with a certificate of its owner's.
type customDomain struct {
	Name         string `json:"name"`
	Certificate  string `json:"certificate"`
	LoginVersion int64  `json:"managed_login_version,omitempty"`
}

// resourceServer is a named set of scopes.
type resourceServer struct {
	origin     origin
	identifier string
	name       string
	scopes     []scope
}

// scope is one of a resource server's, without its identifier.
type scope struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// client is an app client.
type client struct {
	origin          origin
	key             string // what the state file calls a client of the configuration
	generatedID     bool
	generatedSecret bool
	id              string
	name            string
	secrets         []secret      // oldest first, at most two; none for a public client
	settings        schema.Fields // members of CreateUserPoolClient, as they were given
	oauth           oauthSettings // what they mean for tokens
	created         time.Time
	modified        time.Time
}

// secret is one of a client's.
type secret struct {
	Value   string    `json:"value"`
	Created time.Time `json:"created"`
	// configured ones are said again at each start.
	configured bool
}

// oauthSettings are what a client's settings mean for its tokens.
type oauthSettings struct {
	// enabled is AllowedOAuthFlowsUserPoolClient.
	enabled  bool
	flows    []Flow
	scopes   []string
	validity time.Duration
}

// pool returns the pool with that id, nil if there is none.
func (d *directory) pool(id string) *pool {
	for _, p := range d.pools {
		if p.id == id {
			return p
		}
	}
	return nil
}

// poolByDomain returns the pool that answers under that domain. The oldest one answers under none, too.
func (d *directory) poolByDomain(domain string) *pool {
	if domain == "" && len(d.pools) > 0 {
		return d.pools[0]
	}
	for _, p := range d.pools {
		if domain != "" && (p.domain == domain || (p.custom != nil && p.custom.Name == domain)) {
			return p
		}
	}
	return nil
}

// issuer is the iss claim of the pool's tokens.
func (p *pool) issuer() string {
	set, _ := p.setting("IssuerConfiguration", nil).(schema.Fields)
	switch {
	case p.configuredIssuer != "":
		return p.configuredIssuer
	case set["Type"] == "UPDATED":
		return updatedIssuer(p.id)
	default:
		return defaultIssuer(p.id)
	}
}

// client returns the client with that id and its pool, nil if there is none.
func (d *directory) client(id string) (*pool, *client) {
	for _, p := range d.pools {
		if c := p.client(id); c != nil {
			return p, c
		}
	}
	return nil, nil
}

func (p *pool) client(id string) *client {
	i := p.clientIndex(id)
	if i < 0 {
		return nil
	}
	return p.clients[i]
}

func (p *pool) clientIndex(id string) int {
	return slices.IndexFunc(p.clients, func(c *client) bool { return c.id == id })
}

func (p *pool) serverIndex(identifier string) int {
	return slices.IndexFunc(p.servers, func(r *resourceServer) bool { return r.identifier == identifier })
}

// hasScope reports whether a resource server defines the scope, given as identifier/name.
func (p *pool) hasScope(full string) bool {
	cut := strings.LastIndexByte(full, '/')
	if cut < 0 {
		return false
	}
	i := p.serverIndex(full[:cut])
	return i >= 0 && slices.ContainsFunc(p.servers[i].scopes, func(s scope) bool { return s.Name == full[cut+1:] })
}

// scopesOf are the scopes of the client that still exist: one that has been deleted from its resource server is left out
// of tokens without a word.
func (p *pool) scopesOf(c *client) []string {
	return slices.DeleteFunc(slices.Clone(c.oauth.scopes), func(full string) bool { return !p.hasScope(full) })
}

// public is the pool as Config has it.
func (p *pool) public() Pool {
	out := Pool{ID: p.id, Name: p.name, Domain: p.domain, Issuer: p.issuer()}
	for _, r := range p.servers {
		server := ResourceServer{Identifier: r.identifier, Name: r.name}
		for _, s := range r.scopes {
			server.Scopes = append(server.Scopes, s.Name)
		}
		out.ResourceServers = append(out.ResourceServers, server)
	}
	for _, c := range p.clients {
		out.Clients = append(out.Clients, c.public())
	}
	return out
}

func (c *client) public() Client {
	out := Client{
		Name: c.name, ID: c.id, Scopes: slices.Clone(c.oauth.scopes), AccessTokenValidity: c.oauth.validity,
		AllowedOAuthFlows: slices.Clone(c.oauth.flows),
	}
	if len(c.secrets) > 0 {
		out.Secret = c.secrets[0].Value
	}
	return out
}
