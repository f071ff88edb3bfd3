package elb

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// DefaultAddress is where load balancers listen.
const DefaultAddress = "127.0.0.1"

// Certificates has the certificates of TLS listeners, as Certificate Manager has on AWS.
type Certificates interface {
	// Certificate returns the certificate of an ARN; ok is false where there is none.
	Certificate(ctx context.Context, arn string) (certificate *tls.Certificate, ok bool, err error)
}

// Config is what a [Service] needs. Region and AccountID are required.
type Config struct {
	Region    string
	AccountID string
	// Address is where load balancers listen, an address of this machine, and what their DNSName says; empty means
	// [DefaultAddress]. If it is a loopback address, only the first one does, and further ones have other loopback addresses.
	Address string
	// Certificates has the certificates of TLS listeners; nil means that there are none.
	Certificates Certificates
	// Zone tells the availability zone of a subnet; nil means that subnets of a load balancer are in the zones a, b, c and so on.
	Zone func(subnet string) string
	// TimeScale is how many times faster than on AWS deregistration delays and check intervals pass; 0 means
	// [knobs.DefaultTimeScale].
	TimeScale knobs.Scale
	Logger    *slog.Logger // nil means none
}

// Service is the emulator. Make one with [New], end it with [Service.Close].
type Service struct {
	cfg  Config
	seed maphash.Seed

	// spawn runs checks and flows, which outlive the requests that start them; their contexts end with the service, or by the
	// function that is returned.
	spawn   func(func(context.Context)) context.CancelFunc
	end     context.CancelFunc
	running sync.WaitGroup

	mu            sync.Mutex // guards what follows, and what it points to
	closed        bool
	loadBalancers map[string]*loadBalancer // by ARN, as the next two
	targetGroups  map[string]*targetGroup
	listeners     map[string]*listener
	tags          map[string][]Tag
	changed       chan struct{} // closed when the health of a target changes
}

// New returns a service without load balancers.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" {
		return nil, errors.New("elb: Region and AccountID must be set")
	}
	if cfg.Address == "" {
		cfg.Address = DefaultAddress
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	life, end := context.WithCancel(context.Background())
	s := &Service{
		cfg: cfg, seed: maphash.MakeSeed(), end: end, changed: make(chan struct{}),
		loadBalancers: make(map[string]*loadBalancer), targetGroups: make(map[string]*targetGroup),
		listeners: make(map[string]*listener), tags: make(map[string][]Tag),
	}
	s.spawn = func(run func(context.Context)) context.CancelFunc {
		ctx, cancel := context.WithCancel(life)
		s.running.Go(func() {
			defer cancel()
			run(ctx)
		})
		return cancel
	}
	return s, nil
}

// Close ends all listeners, health checks and flows, and waits until they have ended.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		l.close()
	}
	s.mu.Unlock()
	s.end()
	s.running.Wait()
}

// Changed gives a channel that is closed when the health of a target changes the next time.
func (s *Service) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// tellChanged wakes who waits at Changed; s.mu is held.
func (s *Service) tellChanged() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// scaled is how long a wait of AWS takes here.
func (s *Service) scaled(d time.Duration) time.Duration { return s.cfg.TimeScale.Of(d) }

func (s *Service) arn(kind, path string) string {
	return fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:%s/%s", s.cfg.Region, s.cfg.AccountID, kind, path)
}

// newID is the last part of an ARN.
func newID() string {
	raw := make([]byte, 8)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

// FullName is what CloudWatch calls a load balancer (net/NAME/ID) or a target group (targetgroup/NAME/ID) of that ARN.
func FullName(arn string) string {
	if _, name, ok := strings.Cut(arn, ":loadbalancer/"); ok {
		return name
	}
	return arn[strings.LastIndex(arn, ":")+1:]
}

// zone is the availability zone of the i-th subnet of a list.
func (s *Service) zone(subnet string, i int) string {
	if s.cfg.Zone != nil {
		if z := s.cfg.Zone(subnet); z != "" {
			return z
		}
	}
	return s.cfg.Region + string(rune('a'+i%6))
}

// page cuts a list at the marker, which is the key of the first of the next page.
func page[T any](all []T, key func(T) string, marker string, size int) (items []T, next string) {
	if size <= 0 || size > pageSize {
		size = pageSize
	}
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if i := slices.IndexFunc(all, func(v T) bool { return key(v) >= marker }); i >= 0 {
		all = all[i:]
	} else {
		all = nil
	}
	if len(all) > size {
		return all[:size], key(all[size])
	}
	return all, ""
}

// Tag is a tag of a resource.
type Tag struct{ Key, Value string }
