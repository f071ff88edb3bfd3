package mockcognito

import (
	"fmt"
	"time"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// resolver makes the pools of a configuration. What that leaves out it takes from the state when it was generated
// before, else it generates it.
type resolver struct {
	region string
	state  *state
	now    time.Time
}

func (r resolver) pool(cfg Pool) (*pool, error) {
	st := r.state.pool(cfg.Name)
	id, err := newPoolID(r.region)
	if err != nil {
		return nil, err
	}
	p := &pool{
		key: cfg.Name, generatedID: cfg.ID == "", id: settle(cfg.ID, st.ID, id), name: cfg.Name, configuredIssuer: cfg.Issuer,
		domain: cfg.Domain, configuredDomain: cfg.Domain, created: r.now, modified: r.now,
	}
	for _, server := range cfg.ResourceServers {
		p.servers = append(p.servers, configuredServer(server))
	}
	for _, c := range cfg.Clients {
		made, err := r.client(c, st.client(c.Name))
		if err != nil {
			return nil, err
		}
		p.clients = append(p.clients, made)
	}
	p.keys, err = st.keys()
	return p, err
}

// configuredServer describes scopes by their names: the configuration has no descriptions, and Cognito wants some.
func configuredServer(cfg ResourceServer) *resourceServer {
	r := &resourceServer{identifier: cfg.Identifier, name: cfg.Name}
	if r.name == "" {
		r.name = cfg.Identifier
	}
	for _, name := range cfg.Scopes {
		r.scopes = append(r.scopes, scope{Name: name, Description: name})
	}
	return r
}

func (r resolver) client(cfg Client, st *clientState) (*client, error) {
	id, err := randomText(lowerAlphabet, clientIDSize)
	if err != nil {
		return nil, err
	}
	value, err := randomText(lowerAlphabet, clientSecretLen)
	if err != nil {
		return nil, err
	}
	cfg = cfg.clone()
	first := secret{Value: settle(cfg.Secret, st.Secret, value), Created: r.now, configured: cfg.Secret != ""}
	if !first.configured && !st.Created.IsZero() {
		first.Created = st.Created
	}
	secrets := append([]secret{first}, st.Added...)
	return &client{
		key: cfg.Name, name: cfg.Name, generatedID: cfg.ID == "", generatedSecret: cfg.Secret == "",
		id: settle(cfg.ID, st.ID, id), secrets: secrets[:min(len(secrets), maxSecrets)],
		oauth: configuredOAuth(cfg), settings: configuredSettings(cfg), created: r.now, modified: r.now,
	}, nil
}

func configuredOAuth(cfg Client) oauthSettings {
	out := oauthSettings{enabled: true, flows: cfg.AllowedOAuthFlows, scopes: cfg.Scopes, validity: cfg.AccessTokenValidity}
	if out.validity == 0 {
		out.validity = DefaultAccessTokenValidity
	}
	if len(out.flows) == 0 {
		out.flows = []Flow{FlowClientCredentials}
	}
	return out
}

// configuredSettings are the members of CreateUserPoolClient that would have made the client.
func configuredSettings(cfg Client) schema.Fields {
	oauth := configuredOAuth(cfg)
	flows, scopes := make([]any, len(oauth.flows)), make([]any, len(oauth.scopes))
	for i, flow := range oauth.flows {
		flows[i] = string(flow)
	}
	for i, scope := range oauth.scopes {
		scopes[i] = scope
	}
	settings := schema.Fields{
		"AllowedOAuthFlows": flows, "AllowedOAuthScopes": scopes, "AllowedOAuthFlowsUserPoolClient": true,
	}
	if cfg.AccessTokenValidity != 0 {
		settings["AccessTokenValidity"] = int64(cfg.AccessTokenValidity / time.Second)
		settings["TokenValidityUnits"] = schema.Fields{"AccessToken": "seconds"}
	}
	return settings
}

// settle picks a value: the configured one, else the stored one, else the fresh one.
func settle(configured, stored, fresh string) string {
	switch {
	case configured != "":
		return configured
	case stored != "":
		return stored
	default:
		return fresh
	}
}

// keys decodes the keys of the state, or makes a first pair.
func (k keyState) keys() ([]keyPair, error) {
	pairs, err := k.keyPairs()
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	if len(pairs) > 0 {
		return pairs, nil
	}
	pair, err := newKeyPair()
	return []keyPair{pair}, err
}
