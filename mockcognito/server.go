package mockcognito

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrUnknownPool is what methods return that are given the id of no pool.
var ErrUnknownPool = errors.New("mockcognito: unknown pool")

// ErrUnknownClient is what methods return that are given the id of no client.
var ErrUnknownClient = errors.New("mockcognito: unknown client")

// Server answers as Cognito for a fixed set of pools. Make it with [New]. It may be used by any number of goroutines.
type Server struct {
	now       func() time.Time
	log       *slog.Logger
	publicURL string
	stateFile string
	handler   http.Handler
	// foreign signs tokens that no published key verifies.
	foreign func() (signingKey, error)

	mu      sync.RWMutex // guards what follows
	pools   []*pool
	clients map[string]*client // by id, over all pools
	state   *state
	fault   fault
}

// pool is a resolved Pool with its keys, newest first and at most two: the pair in use and the previous one.
type pool struct {
	Pool
	keys []keyPair
}

// client is a resolved Client and the pool it belongs to.
type client struct {
	Client
	pool *pool
}

// New makes a server from cfg. Where keys, ids or secrets are neither in cfg nor in the state file it generates them and
// saves the state file. A mistake in cfg is a [ConfigError].
func New(cfg Config) (*Server, error) {
	if err := validate(cfg); err != nil {
		return nil, err
	}
	st, err := loadState(cfg.StateFile)
	if err != nil {
		return nil, err
	}
	s := &Server{
		now:       cfg.Now,
		log:       cfg.Logger,
		publicURL: cfg.PublicURL,
		stateFile: cfg.StateFile,
		foreign:   sync.OnceValues(newSigningKey),
		clients:   map[string]*client{},
		state:     st,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Region == "" {
		cfg.Region = DefaultRegion
	}
	if err := s.addPools(cfg); err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, st.save(cfg.StateFile)
}

func (s *Server) addPools(cfg Config) error {
	resolve := resolver{region: cfg.Region, state: s.state}
	ids := map[string]bool{}
	for _, configured := range cfg.Pools {
		resolved, err := resolve.pool(configured.clone())
		if err != nil {
			return err
		}
		if ids[resolved.ID] {
			return fmt.Errorf("pool %s: id %s is configured for one pool and stored for another: delete the state file",
				resolved.Name, resolved.ID)
		}
		ids[resolved.ID] = true
		p := &pool{Pool: resolved}
		if err := p.loadKeys(s.state.pool(resolved.Name)); err != nil {
			return fmt.Errorf("pool %s: %w", resolved.Name, err)
		}
		s.pools = append(s.pools, p)
		if err := s.indexClients(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) indexClients(p *pool) error {
	for _, c := range p.Clients {
		if _, taken := s.clients[c.ID]; taken {
			return fmt.Errorf("pool %s: client %s: its id is configured for one client and stored for another: delete the state file",
				p.Name, c.Name)
		}
		s.clients[c.ID] = &client{Client: c, pool: p}
	}
	return nil
}

func (p *pool) loadKeys(st *poolState) error {
	pairs, err := st.keyPairs()
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if len(pairs) == 0 {
		pair, err := newKeyPair()
		if err != nil {
			return err
		}
		pairs = []keyPair{pair}
		if err := st.setKeyPairs(pairs); err != nil {
			return err
		}
	}
	p.keys = pairs
	return nil
}

// defaultIssuer is the issuer of a pool on AWS; the region is the part of the id before its last underscore.
func defaultIssuer(poolID string) string {
	region := poolID[:strings.LastIndexByte(poolID, '_')]
	return "https://cognito-idp." + region + ".amazonaws.com/" + poolID
}

// Pools returns the pools with everything that was generated filled in, client secrets too.
func (s *Server) Pools() []Pool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	pools := make([]Pool, len(s.pools))
	for i, p := range s.pools {
		pools[i] = p.Pool.clone()
	}
	return pools
}

// AddClient adds a client to the pool with that id and returns it with what was left out filled in. It lives as long as the
// server: the state file does not remember it. The error is [ErrUnknownPool] or a [ConfigError].
func (s *Server) AddClient(poolID string, c Client) (Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.poolByID(poolID)
	if p == nil {
		return Client{}, fmt.Errorf("%w %s", ErrUnknownPool, clip(poolID))
	}
	if err := s.checkNewClient(p, c); err != nil {
		return Client{}, err
	}
	added, err := resolveClient(c.clone(), &clientState{})
	if err != nil {
		return Client{}, err
	}
	p.Clients = append(p.Clients, added)
	s.clients[added.ID] = &client{Client: added, pool: p}
	return added.clone(), nil
}

func (s *Server) checkNewClient(p *pool, c Client) error {
	v := newValidator()
	known := newValidator().resourceServers("", p.ResourceServers)
	v.client("client", c, known)
	v.atMost("pool.clients", len(p.Clients)+1, maxClients)
	if _, taken := s.clients[c.ID]; taken {
		v.add("client.id", "%s is already used", clip(c.ID))
	}
	if slices.ContainsFunc(p.Clients, func(other Client) bool { return other.Name == c.Name }) {
		v.add("client.name", "%s is already used", clip(c.Name))
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
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.poolByID(poolID)
	if p == nil {
		return fmt.Errorf("%w %s", ErrUnknownPool, clip(poolID))
	}
	pairs, st := []keyPair{pair, p.keys[0]}, s.state.pool(p.Name)
	before := *st
	err = st.setKeyPairs(pairs)
	if err == nil {
		err = s.state.save(s.stateFile)
	}
	if err != nil {
		*st = before
		return err
	}
	p.keys = pairs
	return nil
}

// poolByID is called with mu held.
func (s *Server) poolByID(id string) *pool {
	for _, p := range s.pools {
		if p.ID == id {
			return p
		}
	}
	return nil
}
