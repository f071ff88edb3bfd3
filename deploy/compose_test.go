package templates

import (
	"net"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// compose is what of compose.yaml is looked at.
type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		ReadOnly    any               `yaml:"read_only"`
		User        string            `yaml:"user"`
		Deploy      struct {
			Resources struct {
				Limits map[string]any `yaml:"limits"`
			} `yaml:"resources"`
		} `yaml:"deploy"`
	} `yaml:"services"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	text, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) == 0 {
		t.Fatal("nothing was read: everything would hold")
	}
	return c
}

// Everything listens on loopback, has limits, and is read-only and nobody's where that can be.
func TestComposeIsNarrow(t *testing.T) {
	t.Parallel()
	for name, s := range readCompose(t).Services {
		for _, port := range s.Ports {
			host, _, _ := strings.Cut(port, ":")
			if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
				t.Errorf("%s: port %s is not of loopback", name, port)
			}
		}
		for _, limit := range []string{"cpus", "memory", "pids"} {
			if s.Deploy.Resources.Limits[limit] == nil {
				t.Errorf("%s: no limit of %s", name, limit)
			}
		}
		if name == "aws" {
			continue // LocalStack can neither
		}
		if s.ReadOnly != true || s.User == "" {
			t.Errorf("%s: read-only %v, user %q", name, s.ReadOnly, s.User)
		}
	}
}
