package sandbox

import (
	"os"
	"strings"
)

// derive is what Config.TaskEnvironment adds to the environment of a container that has these variables so far.
func (s *Sandbox) derive(has map[string]string) map[string]string {
	cognito := strings.NewReplacer("https://cognito-idp."+s.cfg.Region+".amazonaws.com", s.cfg.Cognito)
	out := map[string]string{}
	for name, value := range s.cfg.TaskEnvironment {
		whole := true
		text := os.Expand(value, func(other string) string {
			v, ok := has[other]
			whole = whole && ok
			return cognito.Replace(v)
		})
		if whole {
			out[name] = text
		}
	}
	return out
}
