package cloudformation

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

type getTemplateSummaryResult struct {
	Parameters         list[parameterDeclarationXML]
	Description        string `xml:",omitempty"`
	Capabilities       list[string]
	CapabilitiesReason string `xml:",omitempty"`
	ResourceTypes      list[string]
	Version            string `xml:",omitempty"`
	Metadata           string `xml:",omitempty"`
	DeclaredTransforms list[string]
}

type parameterDeclarationXML struct {
	ParameterKey         string
	DefaultValue         *string `xml:",omitempty"`
	ParameterType        string
	NoEcho               bool
	Description          string `xml:",omitempty"`
	ParameterConstraints constraintsXML
}

type constraintsXML struct {
	AllowedValues list[string]
}

func (s *Service) getTemplateSummary(ctx context.Context, f form) (any, error) {
	t, err := s.templateToSummarize(ctx, f)
	if err != nil {
		return nil, err
	}
	needed, reason := t.capabilities()
	out := getTemplateSummaryResult{
		Parameters: listOf(slices.Sorted(maps.Keys(t.parameters)), func(key string) parameterDeclarationXML {
			d := t.parameters[key]
			return parameterDeclarationXML{key, d.value, d.typ, d.noEcho, d.description, constraintsXML{listOf(d.allowed, same)}}
		}),
		Description: t.description, Capabilities: listOf(needed, same), CapabilitiesReason: reason, DeclaredTransforms: listOf(t.transforms, same),
		ResourceTypes: listOf(t.types(), same), Version: t.version,
	}
	if t.metadata != nil {
		if text, err := json.Marshal(t.metadata); err == nil {
			out.Metadata = string(text)
		}
	}
	return out, nil
}

func (s *Service) templateToSummarize(ctx context.Context, f form) (*template, error) {
	if f.has("StackSetName") {
		return nil, validationError("StackSetName is not supported by this emulator")
	}
	if !f.has("StackName") {
		return s.readTemplate(ctx, f)
	}
	name, err := stackReference(f)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.find(name)
	if !ok || st.template == nil {
		return nil, validationError("Stack with id %s does not exist", clip(name))
	}
	return st.template, nil
}
