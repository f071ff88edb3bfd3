package rebuild

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
)

// transit is how long a fake mapping takes to another state.
const transit = 20 * time.Second

// fakeMapping is one of a fakeLambda.
type fakeMapping struct {
	uuid, source string
	enabled      bool
	settled      time.Time // when it has come to rest
}

func (m *fakeMapping) state() string {
	switch moving := time.Now().Before(m.settled); {
	case moving && m.enabled:
		return "Enabling"
	case moving:
		return "Disabling"
	case m.enabled:
		return "Enabled"
	}
	return "Disabled"
}

// fakeLambda has event source mappings, which cannot be changed while they move.
type fakeLambda struct {
	mappings []*fakeMapping
	fail     func(operation string) error // nil: nothing fails
	changes  []string
}

func (l *fakeLambda) called(operation string) error {
	if l.fail != nil {
		return l.fail(operation)
	}
	return nil
}

func (l *fakeLambda) ListEventSourceMappings(_ context.Context, in *lambda.ListEventSourceMappingsInput, _ ...func(*lambda.Options)) (*lambda.ListEventSourceMappingsOutput, error) {
	if err := l.called("List"); err != nil {
		return nil, err
	}
	at, _ := strconv.Atoi(aws.ToString(in.Marker))
	out := &lambda.ListEventSourceMappingsOutput{}
	if at < len(l.mappings) {
		m := l.mappings[at]
		out.EventSourceMappings = []types.EventSourceMappingConfiguration{{
			UUID: aws.String(m.uuid), EventSourceArn: aws.String(m.source), State: aws.String(m.state()), LastProcessingResult: aws.String("OK"),
		}}
		out.NextMarker = aws.String(strconv.Itoa(at + 1))
	}
	return out, nil
}

func (l *fakeLambda) find(uuid string) *fakeMapping {
	for _, m := range l.mappings {
		if m.uuid == uuid {
			return m
		}
	}
	return nil
}

func (l *fakeLambda) GetEventSourceMapping(ctx context.Context, in *lambda.GetEventSourceMappingInput, _ ...func(*lambda.Options)) (*lambda.GetEventSourceMappingOutput, error) {
	if err := errors.Join(ctx.Err(), l.called("Get")); err != nil {
		return nil, err
	}
	return &lambda.GetEventSourceMappingOutput{State: aws.String(l.find(*in.UUID).state())}, nil
}

func (l *fakeLambda) UpdateEventSourceMapping(ctx context.Context, in *lambda.UpdateEventSourceMappingInput, _ ...func(*lambda.Options)) (*lambda.UpdateEventSourceMappingOutput, error) {
	if err := errors.Join(ctx.Err(), l.called("Update")); err != nil {
		return nil, err
	}
	m := l.find(*in.UUID)
	if time.Now().Before(m.settled) {
		return nil, &types.ResourceInUseException{Message: aws.String("Cannot update the event source mapping because it is in use.")}
	}
	m.enabled, m.settled = *in.Enabled, time.Now().Add(transit)
	l.changes = append(l.changes, m.uuid+" "+m.state())
	return &lambda.UpdateEventSourceMappingOutput{}, nil
}

func enabledMapping() *fakeMapping { return &fakeMapping{uuid: "u1", source: streamARN, enabled: true} }

// TestPause: the log is written to only while the mapping rests, and the mapping is
// enabled again after whatever came.
func TestPause(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		lambda  *fakeLambda
		wrong   func(l *fakeLog, cancel func()) // before the run
		changes []string
		err     string
	}{
		{"all is well", &fakeLambda{mappings: []*fakeMapping{enabledMapping()}}, nil, []string{"u1 Disabling", "u1 Enabling"}, ""},
		{"other mappings are left alone", &fakeLambda{mappings: []*fakeMapping{{uuid: "u0", source: streamARN + "2", enabled: true}, enabledMapping(),
			{uuid: "u2", source: streamARN + "/consumer/c:1", enabled: true}}}, nil,
			[]string{"u1 Disabling", "u2 Disabling", "u1 Enabling", "u2 Enabling"}, ""},
		{"a mapping that is disabled stays so", &fakeLambda{mappings: []*fakeMapping{{uuid: "u1", source: streamARN}}}, nil, nil, ""},
		{"the log fails", &fakeLambda{mappings: []*fakeMapping{enabledMapping()}}, func(l *fakeLog, _ func()) {
			l.onRefill = func([]eventlog.Item) error { return errors.New("OOM") }
		}, []string{"u1 Disabling", "u1 Enabling"}, "OOM"},
		{"interrupted", &fakeLambda{mappings: []*fakeMapping{enabledMapping()}}, func(l *fakeLog, cancel func()) {
			l.onRefill = func([]eventlog.Item) error { cancel(); return nil }
		}, []string{"u1 Disabling", "u1 Enabling"}, "context canceled"},
		{"no mapping of this stream", &fakeLambda{mappings: []*fakeMapping{{uuid: "u0", source: "arn:other", enabled: true}}}, nil, nil,
			"function consumer has no event source mapping of " + streamARN},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 20, "k")
				l := newFakeLog(t, 1)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.wrong != nil {
					tt.wrong(l, cancel)
				}
				l.onEpoch = func() {
					for _, m := range tt.lambda.mappings {
						if strings.HasPrefix(m.source, streamARN+"/") || m.source == streamARN {
							if got := m.state(); got != "Disabled" {
								t.Errorf("mapping %s is %s", m.uuid, got)
							}
						}
					}
				}
				var announced, enabled []string
				cfg := configFor(t, &fakeKinesis{shards: []*shard{s}}, l)
				cfg.Pause = &Pause{Lambda: tt.lambda, Function: "consumer",
					OnPause: func(m Mapping) {
						if announced = append(announced, m.UUID); tt.lambda.find(m.UUID).state() != "Enabled" || m.LastResult != "OK" {
							t.Errorf("%+v is announced too late", m)
						}
					},
					OnEnabled: func(uuid string) { enabled = append(enabled, uuid) },
				}
				sum, err := Run(ctx, cfg)
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				if diff := cmp.Diff(tt.changes, tt.lambda.changes); diff != "" {
					t.Errorf("changes (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(announced, enabled) + cmp.Diff(announced, sum.Paused); diff != "" {
					t.Errorf("announced, enabled, paused: %s", diff)
				}
			})
		})
	}
}

// TestInterruptedWhileTheMappingStops: it cannot be enabled while it is on its way; it
// is as soon as it can.
func TestInterruptedWhileTheMappingStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeLambda{mappings: []*fakeMapping{enabledMapping()}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(transit/2, cancel)
		cfg := configFor(t, &fakeKinesis{}, newFakeLog(t, 1))
		cfg.Pause = &Pause{Lambda: fake, Function: "consumer"}
		if _, err := Run(ctx, cfg); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff([]string{"u1 Disabling", "u1 Enabling"}, fake.changes); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMappingNeverStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := enabledMapping()
		fake := &fakeLambda{mappings: []*fakeMapping{m}}
		fake.fail = func(operation string) error {
			if operation == "Get" {
				m.settled = time.Now().Add(time.Minute)
			}
			return nil
		}
		l := newFakeLog(t, 1)
		l.onEpoch = func() { t.Error("the log is looked at") }
		cfg := configFor(t, &fakeKinesis{}, l)
		cfg.Pause = &Pause{Lambda: fake, Function: "consumer"}
		_, err := Run(t.Context(), cfg)
		if err == nil || err.Error() != "event source mapping u1 is not disabled within 5m0s" {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff([]string{"u1 Disabling", "u1 Enabling"}, fake.changes); diff != "" {
			t.Error(diff)
		}
	})
}

// TestMappingCannotBeEnabled: whoever reads the error knows what is left to do.
func TestMappingCannotBeEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeLambda{mappings: []*fakeMapping{enabledMapping()}}
		updates := 0
		fake.fail = func(operation string) error {
			if operation == "Update" {
				if updates++; updates > 1 {
					return &types.TooManyRequestsException{Message: aws.String("Rate Exceeded.")}
				}
			}
			return nil
		}
		cfg := configFor(t, &fakeKinesis{}, newFakeLog(t, 1))
		cfg.Pause = &Pause{Lambda: fake, Function: "consumer"}
		_, err := Run(t.Context(), cfg)
		var left *EnableError
		if !errors.As(err, &left) || left.UUID != "u1" {
			t.Errorf("got %v", err)
		}
		if updates < 5 {
			t.Errorf("gave up after %d attempts", updates-1)
		}
	})
}
