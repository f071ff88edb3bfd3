package cloudformation

import (
	"context"
	"maps"
	"slices"
)

type validateTemplateResult struct {
	Parameters         list[templateParameterXML]
	Description        string `xml:",omitempty"`
	Capabilities       list[string]
	CapabilitiesReason string `xml:",omitempty"`
	DeclaredTransforms list[string]
}

type templateParameterXML struct {
	ParameterKey string
	DefaultValue *string `xml:",omitempty"`
	NoEcho       bool
	Description  string `xml:",omitempty"`
}

func (s *Service) validateTemplate(ctx context.Context, f form) (any, error) {
	t, err := s.readTemplate(ctx, f)
	if err != nil {
		return nil, err
	}
	needed, reason := t.capabilities()
	return validateTemplateResult{
		Parameters: listOf(slices.Sorted(maps.Keys(t.parameters)), func(key string) templateParameterXML {
			d := t.parameters[key]
			return templateParameterXML{key, d.value, d.noEcho, d.description}
		}),
		Description: t.description, Capabilities: listOf(needed, same), CapabilitiesReason: reason,
		DeclaredTransforms: listOf(t.transforms, same),
	}, nil
}

func (s *Service) readTemplate(ctx context.Context, f form) (*template, error) {
	body, err := s.templateBody(ctx, f)
	if err != nil {
		return nil, err
	}
	t, err := s.parseKnown(body)
	if err != nil {
		return nil, err
	}
	return s.withDefaults(t)
}

// withDefaults carries a transform out for the parameters' defaults, as far as all that it depends on have one.
func (s *Service) withDefaults(t *template) (*template, error) {
	resolved, err := t.resolve(nil, nil)
	if !t.extended() || err != nil {
		return t, nil //nolint:nilerr // a template needs no defaults to be valid
	}
	expanded, err := t.expand(s.earlyScope(t, settings{resolved: resolved}, "", ""))
	if err != nil {
		return nil, err
	}
	return expanded, s.makeable(expanded)
}
