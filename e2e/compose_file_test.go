//go:build compose

package e2e

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/google/go-cmp/cmp"
)

// TestComposeFile: compose.yaml is what Compose wants, with nothing set as well as with other images, and pulls only what is
// pinned.
func TestComposeFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		environ []string
		want    map[string]string
	}{
		{"nothing set", nil, map[string]string{"aws": "localstack/localstack:4.14.0", "redis": "valkey/valkey:8.0.1-alpine3.20"}},
		{"other images", []string{"AWS_IMAGE=spillway/sandbox:local", "REDIS_IMAGE=redis:8"}, map[string]string{"aws": "spillway/sandbox:local", "redis": "redis:8"}},
	} {
		options, err := cli.NewProjectOptions([]string{"../compose.yaml"}, cli.WithEnv(tt.environ), cli.WithName("check"))
		if err != nil {
			t.Fatal(err)
		}
		project, err := options.LoadProject(t.Context())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		pulled := map[string]string{}
		for name, service := range project.Services {
			if service.PullPolicy != "never" {
				pulled[name] = service.Image
			}
			if service.HealthCheck == nil && service.Restart != "no" {
				t.Errorf("%s: %s has no health check", tt.name, name)
			}
		}
		if diff := cmp.Diff(tt.want, pulled); diff != "" {
			t.Errorf("%s: images that may be pulled (-want +got):\n%s", tt.name, diff)
		}
	}
}
