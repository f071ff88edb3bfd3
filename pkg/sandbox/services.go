package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// Service is a process that runs beside the emulators.
type Service struct {
	Name    string            `json:"name"`
	Command []string          `json:"command"`         // path, which is absolute, and arguments
	Env     map[string]string `json:"env,omitempty"`   // all of its environment but PATH, HOME and TMPDIR
	Ready   string            `json:"ready,omitempty"` // a URL that answers 2xx once the service can be used
}

// maxServicesBytes bounds the file that lists services.
const maxServicesBytes = 1 << 20

// ReadServices reads the services that a JSON file lists, {"services":[...]}. Its
// error lists all mistakes.
func ReadServices(path string) ([]Service, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxServicesBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxServicesBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Services []Service `json:"services"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for i, svc := range file.Services {
		if err := svc.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: services[%d]: %w", path, i, err))
		}
	}
	return file.Services, errors.Join(errs...)
}

func (svc Service) check() error {
	var errs []error
	if svc.Name == "" || svc.Name == "redis" {
		errs = append(errs, fmt.Errorf("name: is %q: want one that is not redis", svc.Name))
	}
	if len(svc.Command) == 0 || !filepath.IsAbs(svc.Command[0]) {
		errs = append(errs, errors.New("command: must begin with an absolute path"))
	}
	if u, err := url.Parse(svc.Ready); svc.Ready != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("ready: %q is no http URL", svc.Ready))
	}
	return errors.Join(errs...)
}

// startServices starts the services in their order, each when the one before is
// ready.
func (s *Sandbox) startServices(ctx context.Context) error {
	for _, svc := range s.cfg.Services {
		spec := process.Service{
			Name:    svc.Name,
			Command: process.Command{Path: svc.Command[0], Args: svc.Command[1:], Env: svc.environ()},
		}
		if svc.Ready != "" {
			u, err := url.Parse(svc.Ready)
			if err != nil {
				return fmt.Errorf("service %s: ready: %w", svc.Name, err)
			}
			spec.Address, spec.Ready = u.Host, process.HTTP(svc.Ready)
		}
		if err := s.services.Start(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

// environ is the service's whole environment.
func (svc Service) environ() []string {
	env := map[string]string{}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env[name] = v
		}
	}
	maps.Copy(env, svc.Env)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}
