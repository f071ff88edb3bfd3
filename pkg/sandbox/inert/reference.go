package inert

import (
	"fmt"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// reference is a property that names another resource. Its path has [] where there is a list.
type reference struct{ path, typ string }

// missing are the texts of EC2 and IAM for an id that does not exist, by the type that was meant.
func missing(typ, id string) error {
	format := map[string]string{
		typeVPC:             "The vpc ID '%s' does not exist",
		typeSubnet:          "The subnet ID '%s' does not exist",
		typeRouteTable:      "The routeTable ID '%s' does not exist",
		typeInternetGateway: "The internetGateway ID '%s' does not exist",
		typeNatGateway:      "NatGateway %s was not found",
		typeAddress:         "The allocation ID '%s' does not exist",
		typeGroup:           "The security group '%s' does not exist",
		typeRole:            "The role with name %s cannot be found.",
	}[typ]
	return notFound(format, id)
}

// inUse are the texts for what cannot be deleted yet.
func inUse(typ, id string) error {
	format, ok := map[string]string{
		typeVPC:             "The vpc '%s' has dependencies and cannot be deleted.",
		typeSubnet:          "The subnet '%s' has dependencies and cannot be deleted.",
		typeRouteTable:      "The routeTable '%s' has dependencies and cannot be deleted.",
		typeInternetGateway: "The internetGateway '%s' has dependencies and cannot be deleted.",
		typeRole:            "Cannot delete entity, must detach all policies first: %s",
	}[typ]
	if !ok {
		format = "resource %s has a dependent object"
	}
	return invalid(format, id)
}

// checkReferences wants everything that properties name to be there. Account.mu is held.
func (a *Account) checkReferences(references []reference, properties map[string]any) error {
	for _, ref := range references {
		for _, id := range valuesAt(properties, ref.path) {
			if _, ok := a.find(ref.typ, id); !ok {
				return missing(ref.typ, id)
			}
		}
	}
	return nil
}

// checkUnused refuses the deletion of what another resource refers to. Account.mu is held.
func (a *Account) checkUnused(k key, r record) error {
	for other, user := range a.records {
		if other == k {
			continue
		}
		for _, ref := range a.kinds[other.typ].references {
			if ref.typ != k.typ {
				continue
			}
			for _, id := range valuesAt(user.properties, ref.path) {
				if r.named(id) {
					return inUse(k.typ, k.id)
				}
			}
		}
	}
	return nil
}

// valuesAt are the texts that a path leads to.
func valuesAt(v any, path string) []string {
	if path == "" {
		text, ok := v.(string)
		if !ok || text == "" {
			return nil
		}
		return []string{text}
	}
	step, rest, _ := strings.Cut(path, ".")
	name, isList := strings.CutSuffix(step, "[]")
	m, _ := v.(map[string]any)
	if !isList {
		return valuesAt(m[name], rest)
	}
	var all []string
	list, _ := m[name].([]any)
	for _, item := range list {
		all = append(all, valuesAt(item, rest)...)
	}
	return all
}

func text(properties map[string]any, name string) string {
	s, _ := properties[name].(string)
	return s
}

func invalid(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeInvalidRequest, Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeNotFound, Message: fmt.Sprintf(format, args...)}
}
