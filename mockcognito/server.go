package mockcognito

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// ErrUnknownPool is what methods return that are given the id of no pool.
var ErrUnknownPool = errors.New("mockcognito: unknown pool")

// ErrUnknownClient is what methods return that are given the id of no client.
var ErrUnknownClient = errors.New("mockcognito: unknown client")

// Server answers as Cognito for its pools. Make it with [New]. It may be used by any number of goroutines.
type Server struct {
	clock     *clock
	log       *slog.Logger
	region    string
	account   string
	publicURL string
	stateFile string
	reserved  Reserved
	table     *schema.Table
	handler   http.Handler
	// foreign signs tokens that no published key verifies.
	foreign func() (signingKey, error)
	knobs   knobs

	mu    sync.RWMutex // guards what follows
	dir   *directory
	state *state
}

// New makes a server from cfg and from what earlier ones have left in its state file. Where keys, ids or secrets are in
// neither it generates them and saves the state file. A mistake in cfg is a [ConfigError].
func New(cfg Config) (*Server, error) {
	if err := validate(cfg); err != nil {
		return nil, err
	}
	st, err := loadState(cfg.StateFile)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Server{
		clock:     &clock{base: cfg.Now},
		log:       cfg.Logger,
		region:    cfg.Region,
		account:   cfg.AccountID,
		publicURL: cfg.PublicURL,
		stateFile: cfg.StateFile,
		reserved:  cfg.Reserved,
		table:     schema.New(),
		foreign:   sync.OnceValues(newSigningKey),
		state:     st,
		dir:       &directory{},
	}
	pools, err := s.assemble(cfg.Pools)
	if err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, s.publish(&directory{pools})
}

// assemble puts together what is configured and what earlier requests have made.
func (s *Server) assemble(configured []Pool) ([]*pool, error) {
	resolve := resolver{region: s.region, state: s.state, now: s.clock.now()}
	var pools []*pool
	for _, cfg := range configured {
		p, err := resolve.pool(cfg.clone())
		if err != nil {
			return nil, fmt.Errorf("pool %s: %w", cfg.Name, err)
		}
		pools = append(pools, p)
	}
	pools, err := restore(s.table, pools, s.state.Created)
	if err != nil {
		return nil, err
	}
	return pools, checkUnique(pools)
}

// checkUnique finds what is configured for one and stored for another.
func checkUnique(pools []*pool) error {
	ids, domains, clients := map[string]bool{}, map[string]bool{}, map[string]bool{}
	const way = "is configured for one %s and stored for another: configure another, or delete the state file"
	for _, p := range pools {
		if taken(ids, p.id) {
			return fmt.Errorf("pool %s: id %s "+way, p.name, p.id, "pool")
		}
		if taken(domains, p.domain) || (p.custom != nil && taken(domains, p.custom.Name)) {
			return fmt.Errorf("pool %s: a domain of it "+way, p.name, "pool")
		}
		for _, c := range p.clients {
			if taken(clients, c.id) {
				return fmt.Errorf("pool %s: client %s: its id "+way, p.name, c.name, "client")
			}
		}
	}
	return nil
}

// taken reports whether name has been there, and remembers it.
func taken(names map[string]bool, name string) bool {
	was := name != "" && names[name]
	names[name] = true
	return was
}

// defaultIssuer is the issuer of a pool on AWS; the region is the part of the id before its last underscore.
func defaultIssuer(poolID string) string {
	return "https://cognito-idp." + regionOf(poolID) + ".amazonaws.com/" + poolID
}

// updatedIssuer is that of a pool whose IssuerConfiguration is UPDATED.
func updatedIssuer(poolID string) string {
	return "https://issuer-cognito-idp." + regionOf(poolID) + ".amazonaws.com/" + poolID
}

func regionOf(poolID string) string { return poolID[:strings.LastIndexByte(poolID, '_')] }

// Pools returns the pools with everything that was generated filled in, client secrets too: of two active ones the
// older. Clients that the API has made without a secret have none, and may have scopes of no resource server.
func (s *Server) Pools() []Pool {
	d := s.directory()
	pools := make([]Pool, len(d.pools))
	for i, p := range d.pools {
		pools[i] = p.public()
	}
	return pools
}

// AddClient adds a client to the pool with that id and returns it with what was left out filled in. It lives as long as the
// server: the state file does not remember it. The error is [ErrUnknownPool] or a [ConfigError].
func (s *Server) AddClient(poolID string, cfg Client) (Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.dir.pools, func(p *pool) bool { return p.id == poolID })
	if i < 0 {
		return Client{}, fmt.Errorf("%w %s", ErrUnknownPool, clip(poolID))
	}
	p := *s.dir.pools[i]
	if err := checkNewClient(s.dir, &p, cfg); err != nil {
		return Client{}, err
	}
	added, err := resolver{now: s.clock.now()}.client(cfg, &clientState{})
	if err != nil {
		return Client{}, err
	}
	added.origin = fromMemory
	p.clients = append(slices.Clone(p.clients), added)
	s.dir = &directory{replaced(s.dir.pools, i, &p)}
	return added.public(), nil
}

func checkNewClient(d *directory, p *pool, cfg Client) error {
	v := newValidator()
	known := newValidator().resourceServers("", p.public().ResourceServers)
	v.client("client", cfg, known)
	v.atMost("pool.clients", len(p.clients)+1, maxClients)
	if _, c := d.client(cfg.ID); c != nil {
		v.add("client.id", "%s is already used", clip(cfg.ID))
	}
	if slices.ContainsFunc(p.clients, func(other *client) bool { return other.name == cfg.Name }) {
		v.add("client.name", "%s is already used", clip(cfg.Name))
	}
	return v.err()
}

// RotateKeys gives the pool with that id a new pair of signing keys. The pair before it stays published, the one before
// that is withdrawn, so that its tokens no longer verify: rotate twice to withdraw the present one. The error is
// [ErrUnknownPool] or that the state file could not be saved, in which case nothing has changed.
func (s *Server) RotateKeys(poolID string) error {
	pair, err := newKeyPair()
	if err != nil {
		return err
	}
	return s.changePool(poolID, func(_ *directory, p *pool) error {
		p.keys = []keyPair{pair, p.keys[0]}
		return nil
	})
}
