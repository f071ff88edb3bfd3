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
	capability, reason := t.capabilities()
	return validateTemplateResult{
		Parameters: listOf(slices.Sorted(maps.Keys(t.parameters)), func(key string) templateParameterXML {
			d := t.parameters[key]
			return templateParameterXML{key, d.value, d.noEcho, d.description}
		}),
		Description: t.description, Capabilities: capabilityList(capability), CapabilitiesReason: reason,
	}, nil
}

func (s *Service) readTemplate(ctx context.Context, f form) (*template, error) {
	body, err := s.templateBody(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.parseKnown(body)
}

func capabilityList(c string) list[string] {
	if c == "" {
		return list[string]{}
	}
	return list[string]{[]string{c}}
}
