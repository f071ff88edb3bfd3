package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
	"github.com/spillway/spillway/pkg/sandbox/lambda/environment"
)

// Knobs serves the knobs of the service:
//
//	duplicate  {"mapping", "count"}: see [Service.DuplicateDeliveries]
//	fault      {"operation", "count", "delay", "status", "code", "message", "drop"}: see knobs.Fault; those of Invoke are met by
//	           event source mappings, too, which know no connection to drop
//	kill       {"function"}: the processes of a function, or of the version that its name ends with, are killed
//	reset      {}: the faults that are to come are forgotten
func (s *Service) Knobs() http.Handler {
	return &knobs.Panel{State: func() any { return s.knobState() }, Knobs: map[string]knobs.Knob{
		"duplicate": knobs.JSON(s.turnDuplicate),
		"fault":     knobs.JSON(s.turnFault),
		"kill": knobs.JSON(func(r killRequest) error {
			_, err := s.KillFunction(r.Function)
			return err
		}),
		"reset": knobs.JSON(func(struct{}) error {
			s.faults.Reset()
			return nil
		}),
	}}
}

// knobState is how the knobs are, what there is to be killed, and how far event source mappings are.
type knobState struct {
	Faults       []knobs.Fault      `json:"faults"`
	Environments []knownEnvironment `json:"environments"`
	Mappings     []knownMapping     `json:"mappings"`
}

// knownEnvironment is an execution environment.
type knownEnvironment struct {
	Function string `json:"function"`
	Version  string `json:"version"`
	PID      int    `json:"pid"`
	Busy     bool   `json:"busy"`
}

func (s *Service) knobState() knobState {
	out := knobState{Faults: s.faults.Left(), Environments: []knownEnvironment{}, Mappings: s.knownMappings()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.functions {
		for _, r := range f.revisions() {
			for _, e := range r.pool.Environments() {
				out.Environments = append(out.Environments, knownEnvironment{name, r.config.Version, e.PID, e.Busy})
			}
		}
	}
	slices.SortFunc(out.Environments, func(a, b knownEnvironment) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	return out
}

type killRequest struct {
	Function string `json:"function"`
}

// KillFunction kills the processes of a function, or of one of its versions, and tells how many there were. Those that work
// end their invocations as crashed; the next invocations have new ones. It is a knob of the sandbox, not of the API.
func (s *Service) KillFunction(name string) (int, error) {
	s.mu.Lock()
	f, r, e := s.resolve(name)
	if e != nil {
		s.mu.Unlock()
		return 0, e
	}
	id, _ := s.parseName(name)
	pools := []*environment.Pool{r.pool}
	if id.qualifier == "" {
		pools = nil
		for _, r := range f.revisions() {
			pools = append(pools, r.pool)
		}
	}
	s.mu.Unlock()
	killed := 0
	for _, pool := range pools {
		killed += pool.Kill()
	}
	return killed, nil
}

func (s *Service) turnFault(f knobs.Fault) error {
	var names []string
	for _, op := range Operations() {
		names = append(names, op.Name)
	}
	if err := f.Check(names); err != nil {
		return err
	}
	return s.faults.Add(f)
}

type duplicateRequest struct {
	Mapping string `json:"mapping"`
	Count   int    `json:"count"`
}

// maxDuplicates bounds how many deliveries can be repeated.
const maxDuplicates = 1_000_000

func (s *Service) turnDuplicate(r duplicateRequest) error {
	if r.Count < 0 || r.Count > maxDuplicates {
		return fmt.Errorf(`"count" must be 0 to %d`, maxDuplicates)
	}
	return s.DuplicateDeliveries(r.Mapping, r.Count)
}

// faultError is what a fault answers instead of what was asked for, or nil.
func faultError(f knobs.Fault) error {
	if f.Code == "" {
		return nil
	}
	return &Error{Code: f.Code, HTTPStatus: f.Status, Message: f.Message}
}

// meet serves a request for an operation, or what the next fault for it says.
func (s *Service) meet(op Operation, w http.ResponseWriter, r *http.Request) {
	fault, ok := s.faults.Take(op.Name)
	if !ok {
		s.serveOperation(op, w, r)
		return
	}
	if err := fault.Wait(r.Context()); err != nil {
		return // the client has gone
	}
	var e *Error
	switch err := faultError(fault); {
	case errors.As(err, &e):
		e.write(w)
	case fault.Drop == knobs.DropBefore:
		panic(http.ErrAbortHandler)
	case fault.Drop == knobs.DropAfter:
		s.serveOperation(op, &lost{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	default:
		s.serveOperation(op, w, r)
	}
}

// lost is a response writer that nobody reads.
type lost struct{ header http.Header }

// Header is a part of http.ResponseWriter.
func (l *lost) Header() http.Header { return l.header }

// Write is a part of http.ResponseWriter.
func (l *lost) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader is a part of http.ResponseWriter.
func (l *lost) WriteHeader(int) {}

// meetInProcess meets the next fault of invocations that do not come over HTTP.
func (s *Service) meetInProcess(ctx context.Context, in InvokeInput) error {
	if in.overHTTP {
		return nil
	}
	fault, ok := s.faults.Take("Invoke")
	if !ok {
		return nil
	}
	if err := fault.Wait(ctx); err != nil {
		return err
	}
	return faultError(fault)
}
