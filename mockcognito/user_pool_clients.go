package mockcognito

import (
	"slices"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// userPoolClientRequest are the members of the operations on clients that are not settings.
type userPoolClientRequest struct {
	UserPoolId     string
	ClientId       string
	ClientName     string
	ClientSecret   string
	ClientSecretId string
	GenerateSecret bool
	pageRequest
}

// userPoolClientType is a client in an answer: what was set, or the standard, and what the client is.
type userPoolClientType map[string]any

type userPoolClientAnswer struct{ UserPoolClient userPoolClientType }

// userPoolClientDescription is a client in a list.
type userPoolClientDescription struct {
	ClientId   string
	UserPoolId string
	ClientName string
}

type userPoolClientsAnswer struct {
	UserPoolClients []userPoolClientDescription
	NextToken       string `json:",omitempty"`
}

// answer has the older one of two secrets.
func (c *client) answer(poolID string) userPoolClientType {
	out := userPoolClientType{
		"AllowedOAuthFlowsUserPoolClient": false, "AuthSessionValidity": 3, "EnablePropagateAdditionalUserContextData": false,
		"EnableTokenRevocation": true, "TokenValidityUnits": struct{}{},
	}
	for name, v := range c.settings {
		out[name] = v
	}
	if out["RefreshTokenValidity"] == nil || out["RefreshTokenValidity"] == int64(0) {
		out["RefreshTokenValidity"] = standardRefreshTokenValidity
	}
	out["UserPoolId"], out["ClientId"], out["ClientName"] = poolID, c.id, c.name
	out["CreationDate"], out["LastModifiedDate"] = epochOf(c.created), epochOf(c.modified)
	if len(c.secrets) > 0 {
		out["ClientSecret"] = c.secrets[0].Value
	}
	return out
}

// clientSettings are the members of a request that the client keeps.
func clientSettings(in schema.Fields) schema.Fields {
	return rest(in, "UserPoolId", "ClientId", "ClientName", "ClientSecret", "GenerateSecret")
}

func (s *Server) createUserPoolClient(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	made, err := s.newClient(req, clientSettings(in))
	if err != nil {
		return nil, err
	}
	err = s.changePool(req.UserPoolId, func(d *directory, p *pool) error {
		if err := readClientMembers(made.settings).check(p, len(made.secrets) > 0); err != nil {
			return err
		}
		if len(p.clients) >= maxClients {
			return refuse(codeLimitExceeded, "A user pool has at most %d app clients.", maxClients)
		}
		if _, other := d.client(made.id); other != nil {
			return invalid("Try again.") // one in 36 to the power of 26
		}
		p.clients = append(slices.Clone(p.clients), made)
		return nil
	})
	return userPoolClientAnswer{made.answer(req.UserPoolId)}, err
}

func (s *Server) newClient(req userPoolClientRequest, settings schema.Fields) (*client, error) {
	id, err := randomText(lowerAlphabet, clientIDSize)
	if err != nil {
		return nil, err
	}
	reserved, ok := s.reserved.client(req.UserPoolId, req.ClientName)
	if ok {
		if _, taken := s.directory().client(reserved.ID); taken != nil {
			ok = false
		}
	}
	if ok {
		id = reserved.ID
	}
	now := s.clock.now()
	made := &client{
		origin: fromAPI, id: id, name: req.ClientName, settings: settings, oauth: readClientMembers(settings).oauth(), created: now, modified: now,
	}
	value := req.ClientSecret
	switch {
	case req.GenerateSecret && value != "":
		return nil, invalid("You cannot specify both GenerateSecret as true and provide a ClientSecret value.")
	case req.GenerateSecret && ok:
		value = reserved.Secret
	case req.GenerateSecret:
		value, err = randomText(lowerAlphabet, clientSecretLen)
	}
	if value != "" {
		made.secrets = []secret{{Value: value, Created: now}}
	}
	return made, err
}

func (s *Server) describeUserPoolClient(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	c, err := s.clientOf(req)
	if err != nil {
		return nil, err
	}
	return userPoolClientAnswer{c.answer(req.UserPoolId)}, nil
}

func (s *Server) clientOf(req userPoolClientRequest) (*client, error) {
	p := s.directory().pool(req.UserPoolId)
	if p == nil {
		return nil, noPool(req.UserPoolId)
	}
	c := p.client(req.ClientId)
	if c == nil {
		return nil, noClient(req.ClientId)
	}
	return c, nil
}

// changeClient replaces a client by what do makes of a copy of it, as changePool does a pool.
func (s *Server) changeClient(req userPoolClientRequest, do func(p *pool, c *client) error) error {
	return s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		i := p.clientIndex(req.ClientId)
		if i < 0 {
			return noClient(req.ClientId)
		}
		next := *p.clients[i]
		if err := do(p, &next); err != nil {
			return err
		}
		p.clients = replaced(p.clients, i, &next)
		return nil
	})
}

// updateUserPoolClient puts back to its standard what the request leaves out, but for the name. Secrets stay.
func (s *Server) updateUserPoolClient(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	settings := clientSettings(in)
	members := readClientMembers(settings)
	var made *client
	err := s.changeClient(req, func(p *pool, c *client) error {
		if err := members.check(p, len(c.secrets) > 0); err != nil {
			return err
		}
		c.settings, c.oauth, c.modified = settings, members.oauth(), s.clock.now()
		if req.ClientName != "" {
			c.name = req.ClientName
		}
		made = c
		return nil
	})
	if err != nil {
		return nil, err
	}
	return userPoolClientAnswer{made.answer(req.UserPoolId)}, nil
}

func (s *Server) listUserPoolClients(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	p := s.directory().pool(req.UserPoolId)
	if p == nil {
		return nil, noPool(req.UserPoolId)
	}
	const all = 60 // the most that MaxResults may be
	part, next, err := page(req.pageRequest, all, p.clients, func(c *client) string { return c.id })
	if err != nil {
		return nil, err
	}
	out := userPoolClientsAnswer{UserPoolClients: []userPoolClientDescription{}, NextToken: next}
	for _, c := range part {
		out.UserPoolClients = append(out.UserPoolClients, userPoolClientDescription{c.id, p.id, c.name})
	}
	return out, nil
}

func (s *Server) deleteUserPoolClient(in schema.Fields) (any, error) {
	var req userPoolClientRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	return nil, s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		i := p.clientIndex(req.ClientId)
		if i < 0 {
			return noClient(req.ClientId)
		}
		p.clients = without(p.clients, i)
		return nil
	})
}
