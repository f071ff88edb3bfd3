package cloudformation

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
)

// SecretStore resolves dynamic references to Secrets Manager.
type SecretStore interface {
	// Secret returns the text of a secret by name or ARN; stage and version may be empty. ok is false where there is none.
	Secret(ctx context.Context, id, stage, version string) (value string, ok bool, err error)
}

var dynamicPattern = regexp.MustCompile(`\{\{resolve:([^:}]+):([^}]+)\}\}`)

// isDynamic says whether a value is a text with a dynamic reference, whose type shows only when it is resolved.
func isDynamic(v any) bool {
	text, ok := v.(string)
	return ok && strings.Contains(text, "{{resolve:")
}

// resolveDynamic puts the values of dynamic references into properties. Records and events keep the references, as AWS does, so
// that no secret shows there.
func (s *Service) resolveDynamic(ctx context.Context, v any) (any, error) {
	switch t := v.(type) {
	case string:
		return s.resolveText(ctx, t)
	case []any:
		out := make([]any, len(t))
		for i, item := range t {
			resolved, err := s.resolveDynamic(ctx, item)
			if err != nil {
				return nil, err
			}
			out[i] = resolved
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(t))
		for k, item := range t {
			resolved, err := s.resolveDynamic(ctx, item)
			if err != nil {
				return nil, err
			}
			out[k] = resolved
		}
		return out, nil
	}
	return v, nil
}

func (s *Service) resolveText(ctx context.Context, text string) (string, error) {
	if !isDynamic(text) {
		return text, nil
	}
	var failed error
	out := dynamicPattern.ReplaceAllStringFunc(text, func(reference string) string {
		m := dynamicPattern.FindStringSubmatch(reference)
		value, err := s.dynamicValue(ctx, m[1], m[2])
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	return out, failed
}

func (s *Service) dynamicValue(ctx context.Context, service, key string) (string, error) {
	switch service {
	case "ssm", "ssm-secure":
		return s.parameterValue(ctx, key)
	case "secretsmanager":
		return s.secretValue(ctx, key)
	}
	return "", validationError("Could not parse the following dynamic reference: {{resolve:%s:%s}}", clip(service), clip(key))
}

// parameterValue is NAME or NAME:VERSION; versions are not kept here, so one that is asked for is refused.
func (s *Service) parameterValue(ctx context.Context, key string) (string, error) {
	name, version, versioned := strings.Cut(key, ":")
	if versioned {
		return "", validationError("Dynamic references to version %s of a parameter are not supported by this emulator", clip(version))
	}
	if s.parameters == nil {
		return "", validationError("Parameters: [%s] could not be found.", clip(name))
	}
	value, ok, err := s.parameters.Parameter(ctx, name)
	if err != nil || !ok {
		return "", validationError("Parameters: [%s] could not be found.", clip(name))
	}
	return value, nil
}

// secretValue is ID:SecretString:JSON-KEY:STAGE:VERSION, of which all but the id may be left out. An ARN has six colons itself.
func (s *Service) secretValue(ctx context.Context, key string) (string, error) {
	id, rest, _ := strings.Cut(key, ":")
	if id == "arn" {
		parts := strings.SplitN(key, ":", 8)
		if len(parts) < 7 {
			return "", validationError("Could not parse the following dynamic reference: {{resolve:secretsmanager:%s}}", clip(key))
		}
		id, rest = strings.Join(parts[:7], ":"), strings.Join(parts[7:], ":")
	}
	fields := append(strings.Split(rest, ":"), "", "", "", "")
	kind, jsonKey, stage, version := fields[0], fields[1], fields[2], fields[3]
	if kind != "" && kind != "SecretString" {
		return "", validationError("Could not parse the following dynamic reference: {{resolve:secretsmanager:%s}}", clip(key))
	}
	if s.secrets == nil {
		return "", secretMissing()
	}
	value, ok, err := s.secrets.Secret(ctx, id, stage, version)
	if err != nil || !ok {
		return "", secretMissing()
	}
	if jsonKey == "" {
		return value, nil
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(value), &object); err != nil {
		return "", validationError("Could not parse SecretString JSON")
	}
	text, ok := jsonText(object[jsonKey])
	if !ok {
		return "", validationError("Could not find a value associated with JSONKey in SecretString")
	}
	return text, nil
}

func jsonText(v any) (string, bool) {
	if v == nil {
		return "", false
	}
	if text, ok := scalarText(v); ok {
		return text, true
	}
	text, err := json.Marshal(v)
	return string(text), err == nil
}

func secretMissing() *apiError {
	return validationError("Secrets Manager can't find the specified secret.")
}
