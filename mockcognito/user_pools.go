package mockcognito

import (
	"slices"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// userPoolRequest are the members of the operations on pools that mean something here.
type userPoolRequest struct {
	UserPoolId   string
	PoolName     string
	UserPoolTags map[string]string
	pageRequest
}

type userPoolAnswer struct{ UserPool userPoolType }

// userPoolDescription is a pool in a list.
type userPoolDescription struct {
	Id               string
	Name             string
	LambdaConfig     any
	LastModifiedDate epoch
	CreationDate     epoch
}

type userPoolsAnswer struct {
	UserPools []userPoolDescription
	NextToken string `json:",omitempty"`
}

func (s *Server) createUserPool(in schema.Fields) (any, error) {
	var req userPoolRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	if len(req.UserPoolTags) > maxTags {
		return nil, tooManyTags()
	}
	if len(s.directory().pools) >= maxPools { // before the effort of making keys
		return nil, tooManyPools()
	}
	made, err := s.newPool(req.PoolName)
	if err != nil {
		return nil, err
	}
	made.settings, made.tags = rest(in, "PoolName", "UserPoolTags"), req.UserPoolTags
	err = s.change(func(d *directory) error {
		switch {
		case len(d.pools) >= maxPools:
			return tooManyPools()
		case d.pool(made.id) != nil:
			return invalid("Try again.") // one in 62 to the power of 9
		}
		d.pools = append(d.pools, made)
		return nil
	})
	return userPoolAnswer{s.describe(made)}, err
}

func tooManyPools() *apiError {
	return refuse(codeLimitExceeded, "mockcognito has at most %d user pools.", maxPools)
}

func (s *Server) newPool(name string) (*pool, error) {
	id, err := newPoolID(s.region)
	if err != nil {
		return nil, err
	}
	if reserved := s.reserved.PoolID; reserved != "" && s.directory().pool(reserved) == nil {
		id = reserved
	}
	pair, err := newKeyPair()
	if err != nil {
		return nil, err
	}
	now := s.clock.now()
	return &pool{
		origin: fromAPI, id: id, name: name, keys: []keyPair{pair}, created: now, modified: now,
	}, nil
}

func (s *Server) describeUserPool(in schema.Fields) (any, error) {
	var req userPoolRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	p := s.directory().pool(req.UserPoolId)
	if p == nil {
		return nil, noPool(req.UserPoolId)
	}
	return userPoolAnswer{s.describe(p)}, nil
}

// lasting are the settings that an update cannot say, or keeps if it does not say them.
func lasting() []string {
	return []string{"AliasAttributes", "Schema", "UserPoolTier", "UsernameAttributes", "UsernameConfiguration"}
}

// updateUserPool puts back to its standard what the request leaves out, but for the tier and the name.
func (s *Server) updateUserPool(in schema.Fields) (any, error) {
	var req userPoolRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	if len(req.UserPoolTags) > maxTags {
		return nil, tooManyTags()
	}
	return struct{}{}, s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		settings := rest(in, "UserPoolId", "PoolName", "UserPoolTags")
		for _, name := range lasting() {
			if v, ok := p.settings[name]; ok && settings[name] == nil {
				settings[name] = v
			}
		}
		p.settings, p.tags, p.modified = settings, req.UserPoolTags, s.clock.now()
		if req.PoolName != "" {
			p.name = req.PoolName
		}
		return nil
	})
}

func (s *Server) listUserPools(in schema.Fields) (any, error) {
	var req userPoolRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	part, next, err := page(req.pageRequest, maxPools, s.directory().pools, func(p *pool) string { return p.id })
	if err != nil {
		return nil, err
	}
	out := userPoolsAnswer{UserPools: []userPoolDescription{}, NextToken: next}
	for _, p := range part {
		lambdas := p.setting("LambdaConfig", struct{}{})
		out.UserPools = append(out.UserPools, userPoolDescription{p.id, p.name, lambdas, epochOf(p.modified), epochOf(p.created)})
	}
	return out, nil
}

func (s *Server) deleteUserPool(in schema.Fields) (any, error) {
	var req userPoolRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	return nil, s.change(func(d *directory) error {
		i := slices.IndexFunc(d.pools, func(p *pool) bool { return p.id == req.UserPoolId })
		switch {
		case i < 0:
			return noPool(req.UserPoolId)
		case d.pools[i].setting("DeletionProtection", "INACTIVE") == "ACTIVE":
			return invalid(messageDeletionProtected)
		case d.pools[i].domain != "" || d.pools[i].custom != nil:
			return invalid(messageHasDomain)
		}
		d.pools = without(d.pools, i)
		return nil
	})
}
