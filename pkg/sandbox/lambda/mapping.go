package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// EventSourceMapping describes an event source mapping, as the API shows it.
type EventSourceMapping struct {
	UUID                           string
	EventSourceMappingArn          string
	EventSourceArn                 string
	FunctionArn                    string
	StartingPosition               string
	StartingPositionTimestamp      *EpochSeconds `json:",omitempty"`
	BatchSize                      int
	MaximumBatchingWindowInSeconds int
	ParallelizationFactor          int
	BisectBatchOnFunctionError     bool
	MaximumRetryAttempts           int
	MaximumRecordAgeInSeconds      int
	TumblingWindowInSeconds        int
	DestinationConfig              DestinationConfig
	FilterCriteria                 *FilterCriteria `json:",omitempty"`
	MetricsConfig                  *MetricsConfig  `json:",omitempty"`
	FunctionResponseTypes          []string
	LastModified                   EpochSeconds
	LastProcessingResult           string
	State                          string
	StateTransitionReason          string
}

// DestinationConfig names where batches go that could not be processed.
type DestinationConfig struct {
	OnFailure OnFailure
}

// OnFailure is the ARN of a bucket, queue or topic.
type OnFailure struct {
	Destination string `json:",omitempty"`
}

// MetricsConfig names the metrics that a mapping emits. The sandbox has none; it keeps the setting.
type MetricsConfig struct {
	Metrics []string `json:",omitempty"`
}

// The states of a mapping.
const (
	stateCreating  = "Creating"
	stateEnabling  = "Enabling"
	stateEnabled   = "Enabled"
	stateUpdating  = "Updating"
	stateDisabling = "Disabling"
	stateDisabled  = "Disabled"
	stateDeleting  = "Deleting"
)

// The one response type and the one metric that there are.
const (
	reportBatchItemFailures = "ReportBatchItemFailures"
	metricEventCount        = "EventCount"
)

// mapping is an event source mapping and its poller. Its transitions run one after another in the background.
type mapping struct {
	log *slog.Logger

	mu     sync.Mutex // guards config, wanted
	config EventSourceMapping
	wanted bool // whether it is to be enabled; a transition that begins late takes the latest wish

	step   sync.Mutex // held by a transition; guards what follows
	poller *eventsource.Poller
	marks  eventsource.Checkpoints
	closed bool
}

func (m *mapping) snapshot() EventSourceMapping {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.config
	out.FunctionResponseTypes = append([]string{}, out.FunctionResponseTypes...)
	return out
}

func (m *mapping) change(f func(*EventSourceMapping)) EventSourceMapping {
	m.mu.Lock()
	f(&m.config)
	m.mu.Unlock()
	return m.snapshot()
}

// halt stops the poller and keeps where it was; m.step is held.
func (m *mapping) halt() {
	if m.poller != nil {
		m.marks = m.poller.Stop()
		m.poller = nil
	}
}

// close stops the poller for good.
func (m *mapping) close() {
	m.step.Lock()
	defer m.step.Unlock()
	m.halt()
	m.closed = true
}

// transition moves a mapping, in the background, to its present configuration and wish: it stops the poller, starts one
// if the mapping is to be enabled, and then shows the state.
func (s *Service) transition(m *mapping) {
	s.spawn(func() {
		m.step.Lock()
		defer m.step.Unlock()
		m.halt()
		if m.closed {
			return
		}
		state := stateDisabled
		if m.isWanted() {
			m.poller = eventsource.Start(s.cfg.Streams, invoker{s}, s.cfg.Destinations, s.settings(m), m.marks)
			select {
			case <-m.poller.Ready():
			case <-time.After(readyTimeout):
			}
			state = stateEnabled
		}
		m.change(func(c *EventSourceMapping) {
			if c.State != stateDeleting {
				c.State, c.LastModified = state, EpochSeconds(s.cfg.Clock())
			}
		})
	})
}

func (m *mapping) isWanted() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wanted
}

// readyTimeout bounds how long a mapping shows that it is being enabled while its stream cannot be read; it is enabled
// then all the same, and its result tells of the problem.
const readyTimeout = 5 * time.Second

// invoker lets pollers call functions as everybody does.
type invoker struct{ service *Service }

// Invoke calls a function once.
func (i invoker) Invoke(ctx context.Context, functionARN string, payload []byte) (eventsource.Answer, error) {
	out, err := i.service.Invoke(ctx, InvokeInput{FunctionName: functionARN, Payload: payload})
	var e *Error
	if errors.As(err, &e) && e.Code == codeEntityTooBig {
		return eventsource.Answer{}, fmt.Errorf("%w: %w", eventsource.ErrTooLarge, err)
	}
	if err != nil {
		return eventsource.Answer{}, err
	}
	return eventsource.Answer{
		Payload: out.Payload, FunctionError: out.FunctionError, RequestID: out.RequestID, ExecutedVersion: out.ExecutedVersion,
	}, nil
}
