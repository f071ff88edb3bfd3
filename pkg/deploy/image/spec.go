package image

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/spillway/spillway/pkg/deploy/binary"
)

const (
	// User is who programs run as: nobody in particular, and not root.
	User = 65532
	// maxProgram bounds a program, whose layer is kept in memory.
	maxProgram = 256 << 20
)

// Spec says what an image is made of. Name and Programs are required.
type Spec struct {
	// Name is the program's name: its path is /NAME, which is the entrypoint.
	Name string
	// Programs are the paths of the program's builds, one for each architecture.
	Programs []string
	// Beside are further programs by their names, each with a build for every architecture of Programs.
	Beside map[string][]string
	// Health is the command by which an engine asks a container for its health, such as /NAME health; without one it does not.
	Health []string
	// Args are its arguments where a container gives none.
	Args []string
	// Env is its environment where a container sets nothing else.
	Env map[string]string
	// Ports are the TCP ports that it listens on.
	Ports []int
	// Labels describe the image, for example org.opencontainers.image.source.
	Labels map[string]string
	// Writable are directories that the program may write to, such as /tmp; where the root is read-only, a container mounts
	// something there.
	Writable []string
	// Dynamic takes a program that needs libraries, which the image has not: for a container whose root is that of the host.
	Dynamic bool
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*$`)

// check names every mistake at once.
func (s Spec) check() error {
	var mistakes []error
	for _, name := range append(slices.Sorted(maps.Keys(s.Beside)), s.Name) {
		if !namePattern.MatchString(name) {
			mistakes = append(mistakes, fmt.Errorf("name %q: want lower-case letters, digits, _ . and -", name))
		}
	}
	if _, twice := s.Beside[s.Name]; twice {
		mistakes = append(mistakes, fmt.Errorf("beside: another program is called %s, too", s.Name))
	}
	if len(s.Programs) == 0 {
		mistakes = append(mistakes, errors.New("programs: want one at least"))
	}
	for _, dir := range s.Writable {
		if !path.IsAbs(dir) || path.Clean(dir) != dir || dir == "/" {
			mistakes = append(mistakes, fmt.Errorf("writable %q: want an absolute path below /", dir))
		}
	}
	for _, port := range s.Ports {
		if port < 1 || port > 65535 {
			mistakes = append(mistakes, fmt.Errorf("port %d: want 1 to 65535", port))
		}
	}
	return errors.Join(mistakes...)
}

// builds reads a program's builds, sorted by architecture.
func (s Spec) builds(paths []string) ([]binary.Binary, error) {
	var builds []binary.Binary
	for _, program := range paths {
		b, err := binary.Read(program, maxProgram)
		if err != nil && (!s.Dynamic || !errors.Is(err, binary.ErrDynamic)) {
			return nil, err
		}
		if slices.ContainsFunc(builds, func(other binary.Binary) bool { return other.Arch == b.Arch }) {
			return nil, fmt.Errorf("%s: there is another program for %s", program, b.Arch)
		}
		builds = append(builds, b)
	}
	slices.SortFunc(builds, func(a, b binary.Binary) int {
		if a.Arch < b.Arch {
			return -1
		}
		return 1
	})
	return builds, nil
}

// configFile is an image's configuration. It was created when all images were, because a time would make two of one.
func (s Spec) configFile(arch string) *v1.ConfigFile {
	user := strconv.Itoa(User)
	cfg := v1.Config{User: user + ":" + user, Entrypoint: []string{"/" + s.Name}, Cmd: s.Args, WorkingDir: "/", Labels: s.Labels}
	if len(s.Health) > 0 {
		cfg.Healthcheck = &v1.HealthConfig{Test: append([]string{"CMD"}, s.Health...)}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		cfg.Env = append(cfg.Env, name+"="+s.Env[name])
	}
	for _, port := range s.Ports {
		if cfg.ExposedPorts == nil {
			cfg.ExposedPorts = map[string]struct{}{}
		}
		cfg.ExposedPorts[strconv.Itoa(port)+"/tcp"] = struct{}{}
	}
	return &v1.ConfigFile{
		OS: "linux", Architecture: arch, Created: v1.Time{Time: time.Unix(0, 0).UTC()}, Config: cfg, RootFS: v1.RootFS{Type: "layers"},
	}
}
