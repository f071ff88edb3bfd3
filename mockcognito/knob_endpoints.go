package mockcognito

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"time"
)

// knobPath is where the knobs are; AWS has nothing there.
const knobPath = "/_mockcognito/"

// maxKnobBody bounds the body of a request to a knob.
const maxKnobBody = 4 << 10

// knobState is what requests to the knobs are answered with.
type knobState struct {
	Time          time.Time         `json:"time"`
	ClockShift    string            `json:"clock_shift"`
	FailuresLeft  int               `json:"failures_left"`
	FailureStatus int               `json:"failure_status,omitempty"`
	FailureError  string            `json:"failure_error,omitempty"`
	Latency       string            `json:"latency"`
	Throttle      int               `json:"requests_per_second"`
	Lifetimes     map[string]string `json:"token_lifetimes"`
}

// knobRequest has the members of all knobs; which of them one takes its handler says.
type knobRequest struct {
	ID        string     `json:"id"`
	Set       *time.Time `json:"set"`
	Shift     *duration  `json:"shift"`
	Lifetime  *duration  `json:"lifetime"`
	Latency   *duration  `json:"latency"`
	Count     *int       `json:"count"`
	Status    int        `json:"status"`
	Error     string     `json:"error"`
	PerSecond *int       `json:"requests_per_second"`
}

// duration is written as in Go: 90m, 200ms.
type duration time.Duration

// UnmarshalText reads a duration.
func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%s is not a duration such as 90m or 200ms", clip(string(text)))
	}
	*d = duration(v)
	return nil
}

func (s *Server) knobHandlers() map[string]func(knobRequest) error {
	return map[string]func(knobRequest) error{
		"clock":          s.turnClock,
		"expire-now":     func(r knobRequest) error { return s.ExpireNow(r.ID) },
		"fail":           s.turnFail,
		"latency":        s.turnLatency,
		"reset":          func(knobRequest) error { s.ResetKnobs(); return nil },
		"rotate-keys":    func(r knobRequest) error { return s.RotateKeys(r.ID) },
		"throttle":       s.turnThrottle,
		"token-lifetime": s.turnLifetime,
	}
}

func (s *Server) turnClock(r knobRequest) error {
	switch {
	case r.Set != nil && r.Shift == nil:
		return s.SetClock(*r.Set)
	case r.Shift != nil && r.Set == nil:
		return s.ShiftClock(time.Duration(*r.Shift))
	default:
		return errors.New(`give either "set", a time, or "shift", a duration`)
	}
}

func (s *Server) turnFail(r knobRequest) error {
	if r.Count == nil || r.Status == 0 || r.Error == "" {
		return errors.New(`give "count", "status" and "error"`)
	}
	return s.FailTokenRequests(*r.Count, r.Status, r.Error)
}

func (s *Server) turnLatency(r knobRequest) error {
	if r.Latency == nil {
		return errors.New(`give "latency", a duration`)
	}
	return s.SetLatency(time.Duration(*r.Latency))
}

func (s *Server) turnThrottle(r knobRequest) error {
	if r.PerSecond == nil {
		return errors.New(`give "requests_per_second"`)
	}
	return s.SetThrottle(*r.PerSecond)
}

func (s *Server) turnLifetime(r knobRequest) error {
	if r.Lifetime == nil {
		return errors.New(`give "lifetime", a duration`)
	}
	return s.SetTokenLifetime(r.ID, time.Duration(*r.Lifetime))
}

// serveKnob turns a knob. Only JSON is taken: a web page can make a browser post a form here, but not JSON.
func (s *Server) serveKnob(w *response, r *http.Request) {
	turn, ok := s.knobHandlers()[r.PathValue("knob")]
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case !ok:
		s.refuseKnob(w, http.StatusNotFound, errors.New("there is no such knob"))
		return
	case mediaType != "application/json":
		s.refuseKnob(w, http.StatusUnsupportedMediaType, errors.New("the content type must be application/json"))
		return
	}
	req, err := readKnobRequest(r.Body)
	if err == nil {
		err = turn(req)
	}
	if err != nil {
		s.refuseKnob(w, http.StatusBadRequest, err)
		return
	}
	s.serveKnobs(w, r)
}

func readKnobRequest(body io.Reader) (knobRequest, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxKnobBody+1))
	if err != nil {
		return knobRequest{}, err
	}
	if len(data) > maxKnobBody {
		return knobRequest{}, fmt.Errorf("the body is larger than %d bytes", maxKnobBody)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var req knobRequest
	if err := dec.Decode(&req); err != nil {
		return knobRequest{}, fmt.Errorf("the body is not the JSON object of this knob: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return knobRequest{}, errors.New("something follows the JSON object")
	}
	return req, nil
}

// serveKnobs tells how the knobs are.
func (s *Server) serveKnobs(w *response, _ *http.Request) {
	s.writeJSON(w, http.StatusOK, "application/json", s.knobState())
}

func (s *Server) knobState() knobState {
	k := &s.knobs
	k.mu.Lock()
	defer k.mu.Unlock()
	out := knobState{
		Time: s.clock.now().UTC(), ClockShift: s.clock.shift().String(), FailuresLeft: k.failing.left,
		Latency: k.latency.String(), Throttle: k.throttle, Lifetimes: map[string]string{},
	}
	if k.failing.left > 0 {
		out.FailureStatus, out.FailureError = k.failing.status, k.failing.code
	}
	for id, lifetime := range maps.All(k.lifetimes) {
		out.Lifetimes[id] = lifetime.String()
	}
	return out
}

func (s *Server) refuseKnob(w *response, status int, err error) {
	w.note(slog.String("error", err.Error()))
	s.writeJSON(w, status, "application/json", struct {
		Error string `json:"error"`
	}{err.Error()})
}
