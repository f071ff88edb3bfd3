package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// Services are the services of ECS that are scaled.
type Services interface {
	// DesiredCount is that of a service; ok is false where there is no such service.
	DesiredCount(cluster, service string) (count int, ok bool)
	// SetDesiredCount changes it.
	SetDesiredCount(ctx context.Context, cluster, service string, count int) error
	// Busy is how busy the tasks of a service were on average since the last call, in percent of what they may use; ok is false
	// where that is not known.
	Busy(cluster, service string) (percent float64, ok bool)
}

// Config is what a [Service] needs. Region, AccountID and Services are required.
type Config struct {
	Region    string
	AccountID string
	Services  Services
	// TimeScale divides the minutes that a metric must be beyond its bounds, and the cooldowns; 0 means
	// [knobs.DefaultTimeScale].
	TimeScale knobs.Scale
	Logger    *slog.Logger // nil means none
}

// Service is the emulator. Make one with [New], and let it decide with [Service.Run].
type Service struct {
	cfg Config

	mu         sync.Mutex // guards what follows, and what it points to
	targets    map[Target]*scalable
	activities []Activity // the latest first
	series     map[string]*series
}

// Target names a scalable target.
type Target struct {
	ServiceNamespace  string
	ResourceId        string
	ScalableDimension string
}

// check holds to what can be scaled here.
func (t Target) check() *Error {
	switch {
	case t.ServiceNamespace != "ecs":
		return unsupported("The service namespace %.40q", t.ServiceNamespace)
	case t.ScalableDimension != "ecs:service:DesiredCount":
		return unsupported("The scalable dimension %.80q", t.ScalableDimension)
	}
	if cluster, service := t.names(); cluster == "" || service == "" {
		return invalid("Unsupported service namespace, resource type or scalable dimension: the resource ID must be service/CLUSTER/SERVICE, not %.200q", t.ResourceId)
	}
	return nil
}

// names are the names of the cluster and the service.
func (t Target) names() (cluster, service string) {
	parts := strings.Split(t.ResourceId, "/")
	if len(parts) != 3 || parts[0] != "service" {
		return "", ""
	}
	return parts[1], parts[2]
}

// scalable is a scalable target. Guarded by Service.mu.
type scalable struct {
	ScalableTarget
	policies map[string]*policy // by name
	lastOut  time.Time
	lastIn   time.Time
}

// New returns a service without targets.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" || cfg.Services == nil {
		return nil, errors.New("autoscaling: Region, AccountID and Services must be set")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, targets: make(map[Target]*scalable), series: make(map[string]*series)}, nil
}

func (s *Service) arn(service, path string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, s.cfg.Region, s.cfg.AccountID, path)
}

// Time is a time as the API writes it: seconds of the epoch.
type Time struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", float64(t.UnixMilli())/1000), nil
}
