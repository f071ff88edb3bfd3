package console

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxFile bounds the settings' file.
const maxFile = 1 << 20

// Settings say what to deploy, and where it may go. The YAML file has the same names, in lower camel case.
type Settings struct {
	Stack        string            `yaml:"stack"`
	Template     string            `yaml:"template"` // without .yaml
	Region       string            `yaml:"region"`   // wins over AWS_REGION
	Account      string            `yaml:"account"`
	Architecture string            `yaml:"architecture"`
	Bucket       string            `yaml:"bucket"`     // of artifacts
	Repository   string            `yaml:"repository"` // of the image
	Binaries     string            `yaml:"binaries"`
	Parameters   map[string]string `yaml:"parameters"`
	Tags         map[string]string `yaml:"tags"`
	Smoke        Smoke             `yaml:"smoke"`

	clientID, clientSecret, caFile string
}

// Smoke says what the smoke test does.
type Smoke struct {
	// Endpoint is where customers reach the gateway; empty is the stack's ELBURL, which no certificate names.
	Endpoint string `yaml:"endpoint"`
	// TokenURL is where they get tokens; empty is the stack's DomainEndpoint.
	TokenURL string `yaml:"tokenUrl"`
	// Pattern is what is subscribed to; empty is what no route makes a topic of, which the operator reads and nobody else.
	Pattern string `yaml:"pattern"`
	// Key is the record's partition key, empty for the pattern; Data is its data, with {id} for what is unique. They are for Pattern.
	Key  string `yaml:"key"`
	Data string `yaml:"data"`
}

const parameterPrefix = "SPILLWAY_PARAMETER_"

// readSettings reads the file and the environment, and names every mistake.
func readSettings(environ []string, templates fs.FS) (Settings, error) {
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	s := Settings{Stack: "spillway", Template: "all-steps"}
	if path := env["SPILLWAY_DEPLOY_FILE"]; path != "" {
		if err := s.readFile(path); err != nil {
			return s, err
		}
	}
	for name, field := range map[string]*string{
		"SPILLWAY_DEPLOY_STACK": &s.Stack, "SPILLWAY_DEPLOY_TEMPLATE": &s.Template, "SPILLWAY_DEPLOY_ACCOUNT": &s.Account,
		"SPILLWAY_DEPLOY_ARCHITECTURE": &s.Architecture, "SPILLWAY_DEPLOY_BINARIES": &s.Binaries,
		"SPILLWAY_CLIENT_ID": &s.clientID, "SPILLWAY_CLIENT_SECRET": &s.clientSecret, "SPILLWAY_CA_FILE": &s.caFile,
	} {
		if v := env[name]; v != "" {
			*field = v
		}
	}
	for name, value := range env {
		if parameter, ok := strings.CutPrefix(name, parameterPrefix); ok {
			if s.Parameters == nil {
				s.Parameters = map[string]string{}
			}
			s.Parameters[parameter] = value
		}
	}
	if s.Architecture == "" {
		s.Architecture = "arm64"
		if local(env["AWS_ENDPOINT_URL"]) && runtime.GOARCH == "amd64" {
			s.Architecture = "x86_64"
		}
	}
	return s, errors.Join(s.check(templates), unknown(env))
}

func (s *Settings) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("SPILLWAY_DEPLOY_FILE: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err == nil {
		d := yaml.NewDecoder(strings.NewReader(string(text)))
		d.KnownFields(true)
		if err = d.Decode(s); errors.Is(err, io.EOF) {
			err = nil // it is empty
		}
	}
	if err != nil {
		return fmt.Errorf("SPILLWAY_DEPLOY_FILE: %s: %w", path, err)
	}
	return nil
}

var accountPattern = regexp.MustCompile(`^\d{12}$`)

func (s *Settings) check(templates fs.FS) error {
	var mistakes []error
	if s.Account != "" && !accountPattern.MatchString(s.Account) {
		mistakes = append(mistakes, fmt.Errorf("account %q: want 12 digits", s.Account))
	}
	if s.Architecture != "arm64" && s.Architecture != "x86_64" {
		mistakes = append(mistakes, fmt.Errorf("architecture %q: want arm64 or x86_64", s.Architecture))
	}
	if _, err := fs.Stat(templates, s.Template+".yaml"); err != nil {
		names, _ := fs.Glob(templates, "*.yaml")
		mistakes = append(mistakes, fmt.Errorf("template %q: want one of %s", s.Template, strings.ReplaceAll(strings.Join(names, ", "), ".yaml", "")))
	}
	if s.Smoke.Pattern != "" && s.Smoke.Data == "" {
		mistakes = append(mistakes, errors.New("smoke: pattern needs data, the record that gets a topic that it covers"))
	}
	return errors.Join(mistakes...)
}

// unknown names the variables of the deployer that it does not know.
func unknown(env map[string]string) error {
	known := []string{"FILE", "STACK", "TEMPLATE", "ACCOUNT", "ARCHITECTURE", "BINARIES"}
	var mistakes []error
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if rest, ok := strings.CutPrefix(name, "SPILLWAY_DEPLOY_"); ok && !slices.Contains(known, rest) {
			mistakes = append(mistakes, fmt.Errorf("%s: there is no such variable; there are SPILLWAY_DEPLOY_%s", name, strings.Join(known, ", _")))
		}
	}
	return errors.Join(mistakes...)
}
