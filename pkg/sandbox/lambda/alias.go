package lambda

import (
	"context"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"

	"github.com/google/uuid"
)

// Alias is a name for a version of a function.
type Alias struct {
	AliasArn        string
	Name            string
	FunctionVersion string
	Description     string
	RoutingConfig   *RoutingConfig `json:",omitempty"`
	RevisionId      string
}

// RoutingConfig sends a part of an alias's invocations to another version.
type RoutingConfig struct {
	AdditionalVersionWeights map[string]float64
}

// weight is the part of the invocations that an additional version gets.
func (a *Alias) weight(version string) float64 {
	if a.RoutingConfig == nil {
		return 0
	}
	return a.RoutingConfig.AdditionalVersionWeights[version]
}

// choose picks the version for one invocation.
func (a *Alias) choose() string {
	if a.RoutingConfig != nil {
		dice := rand.Float64()
		for version, weight := range a.RoutingConfig.AdditionalVersionWeights {
			if dice < weight {
				return version
			}
		}
	}
	return a.FunctionVersion
}

// snapshot is the alias for a caller to keep.
func (a *Alias) snapshot() Alias {
	out := *a
	if out.RoutingConfig != nil {
		out.RoutingConfig = &RoutingConfig{maps.Clone(out.RoutingConfig.AdditionalVersionWeights)}
	}
	return out
}

// CreateAliasInput is a request to make an alias.
type CreateAliasInput struct {
	FunctionName    string `json:"-"`
	Name            string
	FunctionVersion string
	Description     string
	RoutingConfig   *RoutingConfig
}

const (
	aliasPattern   = `(?!^[0-9]+$)([a-zA-Z0-9-_]+)`
	maxAliasName   = 128
	versionPattern = `(\$LATEST|[0-9]+)`
)

var (
	aliasExpr   = regexp.MustCompile(`^[a-zA-Z0-9-_]*[a-zA-Z-_][a-zA-Z0-9-_]*$`)
	versionExpr = regexp.MustCompile("^" + versionPattern + "$")
)

// MaxAliases bounds the aliases of a function, so that no caller can fill the memory with them.
const MaxAliases = 1000

// CreateAlias makes an alias.
func (s *Service) CreateAlias(_ context.Context, in CreateAliasInput) (Alias, error) {
	if len(in.Name) > maxAliasName || !aliasExpr.MatchString(in.Name) {
		return Alias{}, constraint("name", in.Name, "satisfy regular expression pattern: "+aliasPattern)
	}
	var out Alias
	err := s.change(in.FunctionName, func(f *function) *Error {
		arn := s.functionARN(functionID{f.config.FunctionName, in.Name})
		if f.aliases[in.Name] != nil {
			return errorf(codeConflict, "Alias already exists: %s", arn)
		}
		if len(f.aliases) >= MaxAliases {
			return errorf(codeInvalidValue, "The sandbox has at most %d aliases of a function.", MaxAliases)
		}
		alias := &Alias{
			AliasArn: arn, Name: in.Name, FunctionVersion: in.FunctionVersion, Description: in.Description,
			RoutingConfig: in.RoutingConfig.orNil(), RevisionId: uuid.NewString(),
		}
		if e := s.checkAlias(f, alias); e != nil {
			return e
		}
		f.aliases[in.Name] = alias
		out = alias.snapshot()
		return nil
	})
	return out, err
}

// orNil is nil for a routing that routes nothing.
func (r *RoutingConfig) orNil() *RoutingConfig {
	if r == nil || len(r.AdditionalVersionWeights) == 0 {
		return nil
	}
	return r
}

// checkAlias refuses an alias of versions that do not exist or cannot be mixed; s.mu is held.
func (s *Service) checkAlias(f *function, a *Alias) *Error {
	switch {
	case !versionExpr.MatchString(a.FunctionVersion):
		return constraint("functionVersion", a.FunctionVersion, "satisfy regular expression pattern: "+versionPattern)
	case len(a.Description) > maxDescription:
		return constraint("description", a.Description, "have length less than or equal to 256")
	case !f.has(a.FunctionVersion):
		return functionNotFound(s.functionARN(functionID{f.config.FunctionName, a.FunctionVersion}))
	case a.RoutingConfig == nil:
		return nil
	case len(a.RoutingConfig.AdditionalVersionWeights) > 1:
		return errorf(codeInvalidValue, "Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	for version, weight := range a.RoutingConfig.AdditionalVersionWeights {
		switch {
		case weight < 0 || weight > 1:
			return errorf(codeInvalidValue, "Invalid weight %v: it must be between 0 and 1", weight)
		case a.FunctionVersion == latest || version == latest:
			return errorf(codeInvalidValue, "$LATEST is not supported for an alias pointing to more than 1 version")
		case a.FunctionVersion == version:
			return errorf(codeInvalidValue, "Invalid function version %s. Function version %s is already included in routing configuration.", version, version)
		case f.versions[version] == nil:
			return functionNotFound(s.functionARN(functionID{f.config.FunctionName, version}))
		}
	}
	return nil
}

// UpdateAliasInput is a request to change an alias. What is nil stays.
type UpdateAliasInput struct {
	FunctionName    string `json:"-"`
	Name            string `json:"-"`
	FunctionVersion *string
	Description     *string
	RoutingConfig   *RoutingConfig
	RevisionId      string
}

// UpdateAlias changes an alias.
func (s *Service) UpdateAlias(_ context.Context, in UpdateAliasInput) (Alias, error) {
	var out Alias
	err := s.change(in.FunctionName, func(f *function) *Error {
		old, e := s.aliasOf(f, in.Name)
		if e != nil {
			return e
		}
		if in.RevisionId != "" && in.RevisionId != old.RevisionId {
			return staleRevision()
		}
		alias := old.snapshot()
		set(&alias.FunctionVersion, in.FunctionVersion)
		set(&alias.Description, in.Description)
		if in.RoutingConfig != nil {
			alias.RoutingConfig = in.RoutingConfig.orNil()
		}
		if e := s.checkAlias(f, &alias); e != nil {
			return e
		}
		alias.RevisionId = uuid.NewString()
		f.aliases[in.Name] = &alias
		out = alias.snapshot()
		return nil
	})
	return out, err
}

func (s *Service) aliasOf(f *function, name string) (*Alias, *Error) {
	if a := f.aliases[name]; a != nil {
		return a, nil
	}
	return nil, errorf(codeNotFound, "Cannot find alias arn: %s", s.functionARN(functionID{f.config.FunctionName, name}))
}

// GetAlias describes an alias.
func (s *Service) GetAlias(_ context.Context, functionName, name string) (Alias, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(functionName)
	if e != nil {
		return Alias{}, e
	}
	a, e := s.aliasOf(f, name)
	if e != nil {
		return Alias{}, e
	}
	return a.snapshot(), nil
}

// DeleteAlias deletes an alias. That there is none is no error, as on AWS.
func (s *Service) DeleteAlias(_ context.Context, functionName, name string) error {
	return s.change(functionName, func(f *function) *Error {
		if f.aliases[name] != nil {
			delete(f.aliases, name)
			delete(f.policies, name)
			delete(f.async, name)
		}
		return nil
	})
}

// ListAliasesOutput is a page of aliases.
type ListAliasesOutput struct {
	Aliases    []Alias
	NextMarker string `json:",omitempty"`
}

// ListAliases lists the aliases of a function by name, or those that stand for a version if it is not "".
func (s *Service) ListAliases(_ context.Context, functionName, version, marker string, maxItems int) (ListAliasesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(functionName)
	if e != nil {
		return ListAliasesOutput{}, e
	}
	names := slices.Sorted(maps.Keys(f.aliases))
	if version != "" {
		names = f.aliasesOf(version)
	}
	names, next := page(names, marker, maxItems, functionsPage)
	out := ListAliasesOutput{Aliases: make([]Alias, len(names)), NextMarker: next}
	for i, name := range names {
		out.Aliases[i] = f.aliases[name].snapshot()
	}
	return out, nil
}
