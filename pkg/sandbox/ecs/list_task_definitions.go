package ecs

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// ListTaskDefinitionsInput selects revisions.
type ListTaskDefinitionsInput struct {
	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
	Sort         string `json:"sort"`
	NextToken    string `json:"nextToken"`
	MaxResults   int    `json:"maxResults"`
}

// ListTaskDefinitionsOutput are ARNs of revisions.
type ListTaskDefinitionsOutput struct {
	TaskDefinitionArns []string `json:"taskDefinitionArns"`
	NextToken          string   `json:"nextToken,omitempty"`
}

// ListTaskDefinitions lists revisions, by default the active ones, of a family or of all.
func (e *Emulator) ListTaskDefinitions(_ context.Context, in ListTaskDefinitionsInput) (ListTaskDefinitionsOutput, error) {
	if in.Status == "" {
		in.Status = statusActive
	}
	if in.Sort == "DESC" {
		return ListTaskDefinitionsOutput{}, unsupported("The order DESC")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for name, f := range e.families {
		for _, td := range f.revisions {
			if (in.FamilyPrefix == "" || name == in.FamilyPrefix) && td.Status == in.Status {
				all = append(all, td.TaskDefinitionArn)
			}
		}
	}
	slices.Sort(all)
	items, next := page(all, in.NextToken, in.MaxResults)
	return ListTaskDefinitionsOutput{items, next}, nil
}

// ListTaskDefinitionFamiliesInput selects families.
type ListTaskDefinitionFamiliesInput struct {
	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
	NextToken    string `json:"nextToken"`
	MaxResults   int    `json:"maxResults"`
}

// ListTaskDefinitionFamiliesOutput are names of families.
type ListTaskDefinitionFamiliesOutput struct {
	Families  []string `json:"families"`
	NextToken string   `json:"nextToken,omitempty"`
}

// ListTaskDefinitionFamilies lists families; those with the status ACTIVE have an active revision.
func (e *Emulator) ListTaskDefinitionFamilies(_ context.Context, in ListTaskDefinitionFamiliesInput) (ListTaskDefinitionFamiliesOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e.families)) {
		active := e.families[name].latest() != nil
		if strings.HasPrefix(name, in.FamilyPrefix) && (in.Status != statusActive || active) && (in.Status != statusInactive || !active) {
			all = append(all, name)
		}
	}
	items, next := page(all, in.NextToken, in.MaxResults)
	return ListTaskDefinitionFamiliesOutput{items, next}, nil
}
