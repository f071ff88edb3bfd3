package ecs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// environment is the whole environment of a container: what comes later goes before what comes first.
func (e *Emulator) environment(ctx context.Context, t *task, c *container) ([]string, error) {
	env := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, v := range c.image.Env {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	maps.Copy(env, map[string]string{
		"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", "AWS_REGION": e.cfg.Region, "AWS_DEFAULT_REGION": e.cfg.Region,
	})
	if e.cfg.Endpoint != "" {
		env["ECS_CONTAINER_METADATA_URI_V4"] = e.cfg.Endpoint + MetadataPrefix + c.RuntimeID
	}
	maps.Copy(env, e.cfg.Environment)
	defined := map[string]string{}
	for _, v := range append(slices.Clone(c.definition.Environment), t.overrides.of(c.Name).Environment...) {
		defined[v.Name] = v.Value
	}
	if e.cfg.Derived != nil {
		has := maps.Clone(env)
		maps.Copy(has, defined)
		maps.Copy(env, e.cfg.Derived(has))
	}
	maps.Copy(env, defined)
	for name, value := range env {
		env[name] = listenHere(value, t.address)
	}
	for _, s := range c.definition.Secrets {
		value, err := e.secret(ctx, s.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf("secret of the variable %s: %w", s.Name, err)
		}
		env[s.Name] = value
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+e.cfg.Resolve(env[name]))
	}
	return out, nil
}

// secretParts is how many parts the ARN of a secret has: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME.
const secretParts = 7

// secret returns what a secret's ValueFrom means: ARN[:JSON key:stage:version] of Secrets Manager, or the name or ARN of a
// parameter.
func (e *Emulator) secret(ctx context.Context, from string) (string, error) {
	if e.cfg.Secrets == nil {
		return "", errors.New("the sandbox has no secrets")
	}
	parts := strings.Split(from, ":")
	if len(parts) < secretParts || parts[2] != "secretsmanager" {
		value, err := e.cfg.Secrets.Parameter(ctx, from)
		if err != nil {
			return "", fmt.Errorf("unable to retrieve secrets from ssm: %w", err)
		}
		return value, nil
	}
	suffix := append(slices.Clone(parts[secretParts:]), "", "", "")
	arn := strings.Join(parts[:secretParts], ":")
	value, err := e.cfg.Secrets.SecretValue(ctx, arn, suffix[1], suffix[2])
	if err != nil {
		return "", fmt.Errorf("unable to retrieve secret from asm: %w", err)
	}
	if suffix[0] == "" {
		return value, nil
	}
	return jsonKey(value, suffix[0])
}

// jsonKey is the value of a key of a secret that is a JSON object.
func jsonKey(secret, key string) (string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(secret), &object); err != nil {
		return "", errors.New("retrieved secret from Secrets Manager is no JSON object") // and its text is nobody's
	}
	raw, ok := object[key]
	if !ok {
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	return string(raw), nil
}
