package mockcognito

import (
	"slices"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// resourceServerRequest are the members of the operations on resource servers.
type resourceServerRequest struct {
	UserPoolId string
	Identifier string
	Name       string
	Scopes     []resourceServerScope
	pageRequest
}

type resourceServerScope struct {
	ScopeName        string
	ScopeDescription string
}

// resourceServerType is a resource server in an answer.
type resourceServerType struct {
	UserPoolId string
	Identifier string
	Name       string
	Scopes     []resourceServerScope
}

type resourceServerAnswer struct{ ResourceServer resourceServerType }

type resourceServersAnswer struct {
	ResourceServers []resourceServerType
	NextToken       string `json:",omitempty"`
}

func (r *resourceServer) answer(poolID string) resourceServerType {
	scopes := make([]resourceServerScope, len(r.scopes))
	for i, s := range r.scopes {
		scopes[i] = resourceServerScope{s.Name, s.Description}
	}
	return resourceServerType{poolID, r.identifier, r.name, scopes}
}

// scopesOfRequest refuses a name that is there twice.
func scopesOfRequest(asked []resourceServerScope) ([]scope, error) {
	var scopes []scope
	for _, s := range asked {
		if slices.ContainsFunc(scopes, func(other scope) bool { return other.Name == s.ScopeName }) {
			return nil, invalid("Duplicate scope %s in the request.", s.ScopeName)
		}
		scopes = append(scopes, scope{s.ScopeName, s.ScopeDescription})
	}
	return scopes, nil
}

func noServer(identifier string) *apiError {
	return refuse(codeNotFound, "Resource server %s does not exist.", identifier)
}

func (s *Server) createResourceServer(in schema.Fields) (any, error) {
	var req resourceServerRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	scopes, err := scopesOfRequest(req.Scopes)
	if err != nil {
		return nil, err
	}
	made := &resourceServer{fromAPI, req.Identifier, req.Name, scopes}
	err = s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		switch {
		case p.serverIndex(req.Identifier) >= 0:
			return invalid("%s already exists in user pool %s.", req.Identifier, p.id)
		case len(p.servers) >= maxResourceServers:
			return refuse(codeLimitExceeded, "A user pool has at most %d resource servers.", maxResourceServers)
		}
		p.servers = append(slices.Clone(p.servers), made)
		return nil
	})
	return resourceServerAnswer{made.answer(req.UserPoolId)}, err
}

func (s *Server) describeResourceServer(in schema.Fields) (any, error) {
	var req resourceServerRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	p := s.directory().pool(req.UserPoolId)
	if p == nil {
		return nil, noPool(req.UserPoolId)
	}
	i := p.serverIndex(req.Identifier)
	if i < 0 {
		return nil, noServer(req.Identifier)
	}
	return resourceServerAnswer{p.servers[i].answer(p.id)}, nil
}

// updateResourceServer replaces name and scopes; scopes that are left out are none.
func (s *Server) updateResourceServer(in schema.Fields) (any, error) {
	var req resourceServerRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	scopes, err := scopesOfRequest(req.Scopes)
	if err != nil {
		return nil, err
	}
	var made *resourceServer
	err = s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		i := p.serverIndex(req.Identifier)
		if i < 0 {
			return noServer(req.Identifier)
		}
		made = &resourceServer{p.servers[i].origin, req.Identifier, req.Name, scopes}
		p.servers = replaced(p.servers, i, made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return resourceServerAnswer{made.answer(req.UserPoolId)}, nil
}

func (s *Server) listResourceServers(in schema.Fields) (any, error) {
	var req resourceServerRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	p := s.directory().pool(req.UserPoolId)
	if p == nil {
		return nil, noPool(req.UserPoolId)
	}
	const all = 50 // the most that MaxResults may be
	part, next, err := page(req.pageRequest, all, p.servers, func(r *resourceServer) string { return r.identifier })
	if err != nil {
		return nil, err
	}
	out := resourceServersAnswer{ResourceServers: []resourceServerType{}, NextToken: next}
	for _, r := range part {
		out.ResourceServers = append(out.ResourceServers, r.answer(p.id))
	}
	return out, nil
}

// deleteResourceServer leaves its scopes in the settings of clients, from where they get into no token any more.
func (s *Server) deleteResourceServer(in schema.Fields) (any, error) {
	var req resourceServerRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	return nil, s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		i := p.serverIndex(req.Identifier)
		if i < 0 {
			return noServer(req.Identifier)
		}
		p.servers = without(p.servers, i)
		return nil
	})
}
