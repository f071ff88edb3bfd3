package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

const (
	region = "us-east-1"
	// defaultDir is the directory in the checkout.
	defaultDir = ".spillway"

	// defaultStartTimeout is for a slow machine; with built binaries a start takes seconds.
	defaultStartTimeout = time.Minute
	// defaultStopGrace is longer than the 20 s that the daemon gives its children in all.
	defaultStopGrace = 25 * time.Second
	// maxCustomers is what one pool of a local stack is for; Cognito's own limit is 1,000 clients.
	maxCustomers = 100
)

// The files of a stack in its directory; the package doc says what they are.
const (
	binDir         = "bin"
	stateDir       = "state"
	logDir         = "log"
	customersDir   = "customers"
	cognitoFile    = "cognito.json"
	cursorKeyFile  = "cursor.key"
	tlsDir         = "tls"
	caFile         = "ca.pem"      // in tlsDir
	certFile       = "gateway.pem" // in tlsDir
	keyFile        = "gateway.key" // in tlsDir
	policyFile     = "policy.yaml"
	lockFile       = "lock"
	pidFile        = "sandbox.pid"
	poolsFile      = "pools.yaml"
	propertiesFile = "properties.yaml"
	recordFile     = "stack.json"
	servicesFile   = "services.json"
	sandboxLog     = "sandbox.log" // in logDir

	credentialsFile = "credentials.json"
	tasksFile       = "tasks.json"
	deployFile      = "deploy.yaml"
)

// Options say what a stack is like. Root is required, the rest has defaults.
type Options struct {
	// Root is the checkout, where the programs are built from.
	Root string
	// Dir is the stack's directory; .spillway in Root if empty.
	Dir string
	// Binaries is a directory of programs that [Build] has made. If empty, Up builds them into Dir.
	Binaries string
	// Ports are where it listens, on loopback only; 0 means any free port.
	Ports Ports
	// Template is what Up deploys: all-steps, everything, or data, the data path alone, beside which the sandbox keeps a gateway and
	// Redis running. [TemplateAllSteps] if empty.
	Template string
	// Redis is auto (redis-server if it is installed), server or embedded; auto if empty.
	Redis string
	// LogLevel is the daemon's and the gateway's: debug, info, warn or error; info if empty.
	LogLevel string
	// Customers are the clients of the user pool; [DefaultCustomers] if nil.
	Customers []Customer
	// Gateway are variables of the gateway beside, or in place of, those that Up sets. With all-steps those that the template sets
	// win: they are Parameters.
	Gateway map[string]string
	// Parameters are parameters of the template beside, or in place of, those that Up sets.
	Parameters map[string]string
	// StartTimeout bounds the time from the daemon's start to the end of the deployment; a minute if 0.
	StartTimeout time.Duration
	// StopGrace is what the daemon gets to end after SIGTERM before it is killed; 25 s if 0.
	StopGrace time.Duration
	// Out is told, in sentences for people, what is done; nil is told nothing.
	Out io.Writer
}

// The templates that Up deploys.
const (
	TemplateAllSteps = "all-steps"
	TemplateData     = "data"
)

// Stack is one local stack. Make one with [New].
type Stack struct {
	o Options
	// deploy is provision but in tests, where nothing answers that could be deployed to.
	deploy provisioner
}

// New returns the stack of the directory that o names, whether it runs or not. The error lists every mistake in o.
func New(o Options) (*Stack, error) {
	var errs []error
	o.Root, errs = absolute("Root", o.Root, errs)
	if o.Dir == "" {
		o.Dir = filepath.Join(o.Root, defaultDir)
	}
	o.Dir, errs = absolute("Dir", o.Dir, errs)
	if o.Binaries != "" {
		o.Binaries, errs = absolute("Binaries", o.Binaries, errs)
	}
	o.setDefaults()
	errs = append(errs, o.checkChoices(), checkCustomers(o.Customers))
	if o.Template == TemplateAllSteps {
		errs = append(errs, checkClients(o.Customers))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("local stack: %w", err)
	}
	s := &Stack{o: o, deploy: provision}
	if o.Template == TemplateAllSteps {
		s.deploy = provisionAll
	}
	return s, nil
}

func absolute(field, path string, errs []error) (string, []error) {
	if path == "" {
		return "", append(errs, fmt.Errorf("%s: is required", field))
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", field, err))
	}
	return abs, errs
}

func (o *Options) setDefaults() {
	if o.Template == "" {
		o.Template = TemplateAllSteps
	}
	if o.Redis == "" {
		o.Redis = "auto"
	}
	if o.LogLevel == "" {
		o.LogLevel = "info"
	}
	if o.Customers == nil {
		o.Customers = DefaultCustomers()
	}
	if o.StartTimeout <= 0 {
		o.StartTimeout = defaultStartTimeout
	}
	if o.StopGrace <= 0 {
		o.StopGrace = defaultStopGrace
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
}

func (o *Options) checkChoices() error {
	var errs []error
	if names := []string{TemplateAllSteps, TemplateData}; !slices.Contains(names, o.Template) {
		errs = append(errs, fmt.Errorf("Template: is %q: want %s or %s", o.Template, TemplateAllSteps, TemplateData))
	}
	if kinds := []string{"auto", "server", "embedded"}; !slices.Contains(kinds, o.Redis) {
		errs = append(errs, fmt.Errorf("Redis: is %q: want auto, server or embedded", o.Redis))
	}
	if levels := []string{"debug", "info", "warn", "error"}; !slices.Contains(levels, o.LogLevel) {
		errs = append(errs, fmt.Errorf("LogLevel: is %q: want debug, info, warn or error", o.LogLevel))
	}
	return errors.Join(errs...)
}

// checkCustomers checks what file names are made from; the token issuer checks the rest.
func checkCustomers(customers []Customer) error {
	if len(customers) == 0 || len(customers) > maxCustomers {
		return fmt.Errorf("Customers: %d, want 1 to %d", len(customers), maxCustomers)
	}
	name := regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$`)
	seen := map[string]bool{}
	var errs []error
	for i, c := range customers {
		switch {
		case !name.MatchString(c.Name):
			errs = append(errs, fmt.Errorf("Customers[%d].Name: %q must have 1 to 63 letters, digits and -", i, c.Name))
		case seen[c.Name]:
			errs = append(errs, fmt.Errorf("Customers[%d].Name: %q comes twice", i, c.Name))
		}
		if len(c.Patterns) == 0 {
			errs = append(errs, fmt.Errorf("Customers[%d].Patterns: none", i))
		}
		seen[c.Name] = true
	}
	return errors.Join(errs...)
}

// path is the path of a file in the stack's directory.
func (s *Stack) path(elements ...string) string {
	return filepath.Join(append([]string{s.o.Dir}, elements...)...)
}

// binary is the path of one of the programs.
func (s *Stack) binary(name string) string {
	if s.o.Binaries != "" {
		return filepath.Join(s.o.Binaries, name)
	}
	return s.path(binDir, name)
}

// shown is a path as a user in the checkout would write it.
func (s *Stack) shown(path string) string {
	if rel, err := filepath.Rel(s.o.Root, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// say tells the user something.
func (s *Stack) say(format string, args ...any) {
	// Nothing can be told of an output that does not work.
	_, _ = fmt.Fprintf(s.o.Out, format+"\n", args...)
}

// readBounded reads a small file.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return text, err
}
