package knobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// maxBody bounds the body of a request that turns a knob.
const maxBody = 4 << 10

// Knob turns something as the JSON object of a request says.
type Knob func(body []byte) error

// JSON makes a knob of what takes a T: its members are those of the object.
func JSON[T any](turn func(T) error) Knob {
	return func(body []byte) error {
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.DisallowUnknownFields()
		var v T
		if err := dec.Decode(&v); err != nil {
			return fmt.Errorf("the body is not the JSON object of this knob: %w", err)
		}
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return errors.New("something follows the JSON object")
		}
		return turn(v)
	}
}

// Panel serves knobs: GET of its own path shows State, POST of a knob's path turns
// it and shows State. The paths are those below where it is mounted: give it to
// http.StripPrefix.
type Panel struct {
	State func() any
	Knobs map[string]Knob
}

// ServeHTTP answers one request. Only JSON is taken: a web page can make a browser
// post a form here, but not JSON.
func (p *Panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(r.URL.Path, "/")
	switch {
	case name == "" && r.Method == http.MethodGet:
		write(w, http.StatusOK, p.State())
	case p.Knobs[name] == nil:
		refuse(w, http.StatusNotFound, fmt.Errorf("there is no such knob: there are %s", strings.Join(slices.Sorted(maps.Keys(p.Knobs)), ", ")))
	case r.Method != http.MethodPost:
		refuse(w, http.StatusMethodNotAllowed, errors.New("a knob is turned by POST"))
	default:
		p.turn(w, r, p.Knobs[name])
	}
}

func (p *Panel) turn(w http.ResponseWriter, r *http.Request, knob Knob) {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, errors.New("the content type must be application/json"))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("the body is larger than %d bytes", maxBody)
	}
	if err == nil {
		err = knob(body)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	write(w, http.StatusOK, p.State())
}

func refuse(w http.ResponseWriter, status int, err error) {
	write(w, status, struct {
		Error string `json:"error"`
	}{err.Error()})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone
}
