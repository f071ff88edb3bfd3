package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

const composeName = "compose.yaml"

// composeFile is compose.yaml, as far as it is compared.
type composeFile struct {
	Services map[string]composeService `yaml:"services"`
}

type composeService struct {
	Image           string         `yaml:"image"`
	Command         any            `yaml:"command"`
	Entrypoint      any            `yaml:"entrypoint"`
	Environment     map[string]any `yaml:"environment"`
	Ports           []string       `yaml:"ports"`
	StopGracePeriod string         `yaml:"stop_grace_period"`
	Healthcheck     struct {
		Test any `yaml:"test"`
	} `yaml:"healthcheck"`
}

func parseCompose(text string) (*composeFile, error) {
	c := new(composeFile)
	if err := yaml.Unmarshal([]byte(text), c); err != nil {
		return nil, fmt.Errorf("%s: %w", composeName, err)
	}
	if len(c.Services) == 0 {
		return nil, fmt.Errorf("%s: has no services", composeName)
	}
	return c, nil
}

// interpolation is a variable of who starts it.
var interpolation = regexp.MustCompile(`\$\{[A-Z_]+(?::?-([^}]*))?\}`)

// interpolated is text where nothing is set: with the defaults of its variables.
func interpolated(text string) string { return interpolation.ReplaceAllString(text, "$1") }

// program is the service that runs a program of ours, if there is one.
func (c *composeFile) program(name string) (composeService, bool) {
	s, ok := c.Services[name]
	return s, ok && strings.HasPrefix(s.Image, "spillway/"+name+":")
}

func (s composeService) environment() map[string]string {
	out := map[string]string{}
	for name, v := range s.Environment {
		out[name] = interpolated(fmt.Sprint(v))
	}
	return out
}

// published are the ports of the machine, by those of the container.
func (s composeService) published() map[string]string {
	out := map[string]string{}
	for _, p := range s.Ports {
		parts := strings.Split(interpolated(p), ":")
		if n := len(parts); n >= 2 {
			out[parts[n-1]] = parts[n-2]
		}
	}
	return out
}

// arguments are what the program is given beside its name, as text.
func (s composeService) arguments() string {
	var out []string
	for _, v := range []any{s.Entrypoint, s.Command} {
		switch v := v.(type) {
		case nil:
		case []any:
			for _, a := range v {
				out = append(out, fmt.Sprint(a))
			}
		default:
			out = append(out, fmt.Sprint(v))
		}
	}
	return strings.Join(slices.DeleteFunc(out, func(a string) bool { return a == "" }), " ")
}
