package mockcognito

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// createdState is what requests to the API have made in one pool, and the pool itself if they have made it.
type createdState struct {
	Pool         *createdPool    `json:"pool,omitempty"` // nil for a pool of the configuration
	Domain       string          `json:"domain,omitempty"`
	LoginVersion int64           `json:"managed_login_version,omitempty"`
	CustomDomain *customDomain   `json:"custom_domain,omitempty"`
	Servers      []createdServer `json:"resource_servers,omitempty"`
	Clients      []createdClient `json:"clients,omitempty"`
}

type createdPool struct {
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
	keyState
	Settings schema.Fields     `json:"settings,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
}

type createdServer struct {
	Identifier string  `json:"identifier"`
	Name       string  `json:"name"`
	Scopes     []scope `json:"scopes,omitempty"`
}

type createdClient struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Created  time.Time     `json:"created"`
	Modified time.Time     `json:"modified"`
	Secrets  []secret      `json:"secrets,omitempty"`
	Settings schema.Fields `json:"settings,omitempty"`
}

// createdStateOf returns nil when requests have made nothing in p.
func createdStateOf(p *pool) (*createdState, error) {
	out := &createdState{CustomDomain: p.custom}
	if p.domain != p.configuredDomain {
		out.Domain, out.LoginVersion = p.domain, p.loginVersion
	}
	for _, r := range p.servers {
		if r.origin == fromAPI {
			out.Servers = append(out.Servers, createdServer{r.identifier, r.name, r.scopes})
		}
	}
	for _, c := range p.clients {
		if c.origin == fromAPI {
			out.Clients = append(out.Clients, createdClient{c.id, c.name, c.created, c.modified, c.secrets, c.settings})
		}
	}
	if p.origin == fromConfig {
		if out.Domain == "" && out.CustomDomain == nil && len(out.Servers) == 0 && len(out.Clients) == 0 {
			return nil, nil
		}
		return out, nil
	}
	keys, err := keyStateOf(p.keys)
	out.Pool = &createdPool{p.name, p.created, p.modified, keys, p.settings, p.tags}
	return out, err
}

// check is for what a later start relies on; settings are checked when they are read.
func (c *createdState) check(v *validator, path, id string) {
	if c == nil {
		v.add(path, "must not be null")
		return
	}
	v.text(path, id, v.rules.poolID)
	if c.Domain != "" {
		v.text(path+".domain", c.Domain, v.rules.domain)
	}
	if c.Pool != nil {
		v.text(path+".pool.name", c.Pool.Name, v.rules.name)
		c.Pool.check(v, path+".pool")
	}
	for i, r := range c.Servers {
		v.text(fmt.Sprintf("%s.resource_servers[%d].identifier", path, i), r.Identifier, v.rules.identifier)
	}
	for i, one := range c.Clients {
		at := fmt.Sprintf("%s.clients[%d]", path, i)
		v.text(at+".id", one.ID, v.rules.clientID)
		v.text(at+".name", one.Name, v.rules.name)
		checkSecrets(v, at+".secrets", one.Secrets)
	}
}

// restore adds what earlier requests have made to the pools of the configuration. What belongs to a pool that the
// configuration does not have any more is left in the state.
func restore(table *schema.Table, pools []*pool, created map[string]*createdState) ([]*pool, error) {
	for _, id := range slices.SortedFunc(maps.Keys(created), func(a, b string) int { return compareCreated(created, a, b) }) {
		st := created[id]
		i := slices.IndexFunc(pools, func(p *pool) bool { return p.id == id })
		switch {
		case st.Pool != nil && i >= 0:
			return nil, fmt.Errorf("pool %s: its id %s is that of a pool that a request has made: configure another, or delete that pool",
				pools[i].name, id)
		case st.Pool != nil:
			p, err := restorePool(table, id, st.Pool)
			if err != nil {
				return nil, fmt.Errorf("state file: pool %s: %w", id, err)
			}
			pools, i = append(pools, p), len(pools)
		case i < 0:
			continue
		}
		if err := pools[i].restore(table, st); err != nil {
			return nil, fmt.Errorf("state file: pool %s: %w", id, err)
		}
	}
	return pools, nil
}

// compareCreated puts pools in the order in which they were made.
func compareCreated(created map[string]*createdState, a, b string) int {
	return cmp.Or(created[a].since().Compare(created[b].since()), cmp.Compare(a, b))
}

func (c *createdState) since() time.Time {
	if c.Pool == nil {
		return time.Time{}
	}
	return c.Pool.Created
}

func restorePool(table *schema.Table, id string, st *createdPool) (*pool, error) {
	keys, err := st.keys()
	if err != nil {
		return nil, err
	}
	settings, err := readSettings(table, "CreateUserPool", st.Settings, schema.Fields{"PoolName": st.Name})
	if err != nil {
		return nil, err
	}
	return &pool{
		origin: fromAPI, id: id, name: st.Name, keys: keys, settings: settings, tags: st.Tags,
		created: st.Created, modified: st.Modified,
	}, nil
}

// restore adds to p what requests have made in it. A resource server that the configuration has by now is the
// configuration's.
func (p *pool) restore(table *schema.Table, st *createdState) error {
	if st.Domain != "" && p.domain == "" {
		p.domain, p.loginVersion = st.Domain, st.LoginVersion
	}
	p.custom = st.CustomDomain
	for _, r := range st.Servers {
		if p.serverIndex(r.Identifier) < 0 {
			p.servers = append(p.servers, &resourceServer{fromAPI, r.Identifier, r.Name, r.Scopes})
		}
	}
	for _, c := range st.Clients {
		settings, err := readSettings(table, "CreateUserPoolClient", c.Settings, schema.Fields{"UserPoolId": p.id, "ClientName": c.Name})
		if err != nil {
			return fmt.Errorf("client %s: %w", c.ID, err)
		}
		p.clients = append(p.clients, &client{
			origin: fromAPI, id: c.ID, name: c.Name, secrets: c.Secrets, settings: settings, oauth: readClientMembers(settings).oauth(),
			created: c.Created, modified: c.Modified,
		})
	}
	return nil
}

// readSettings checks stored members as a request that has them and the others.
func readSettings(table *schema.Table, operation string, stored, others schema.Fields) (schema.Fields, error) {
	op, ok := table.Operation(operation)
	if !ok {
		return nil, fmt.Errorf("no operation %s", operation)
	}
	settings, err := op.Read(stored)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	all := maps.Clone(settings)
	maps.Copy(all, others)
	if message := op.Validate(all); message != "" {
		return nil, fmt.Errorf("settings: %s", message)
	}
	return settings, nil
}
