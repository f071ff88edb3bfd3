package mockcognito

import (
	"log/slog"
	"net/http"
	"time"
)

// maxLoggedPath bounds how much of a request's path a log line repeats.
const maxLoggedPath = 256

// Handler returns the server itself.
func (s *Server) Handler() http.Handler { return s }

// ServeHTTP answers one request. It serves any connection; listeners, TLS and timeouts are the caller's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/oauth2/token", s.logged(s.late(s.serveToken)))
	mux.Handle("/{domain}/oauth2/token", s.logged(s.late(s.serveToken)))
	mux.Handle("GET /{pool}/.well-known/jwks.json", s.logged(s.late(s.serveKeySet)))
	mux.Handle("GET /{pool}/.well-known/openid-configuration", s.logged(s.late(s.serveDiscovery)))
	mux.Handle("POST /{$}", s.logged(s.late(s.api().serve)))
	mux.Handle("GET /healthz", s.logged(s.serveHealth))
	mux.Handle("GET "+knobPath+"{$}", s.logged(s.serveKnobs))
	mux.Handle("POST "+knobPath+"{knob}", s.logged(s.serveKnob))
	mux.Handle("/", s.logged(serveNothing))
	return mux
}

// late makes answers wait for as long as a knob says.
func (s *Server) late(handle func(*response, *http.Request)) func(*response, *http.Request) {
	return func(w *response, r *http.Request) {
		s.knobs.wait(r.Context())
		handle(w, r)
	}
}

// serveHealth is logged at debug level: who watches a server asks often.
func (s *Server) serveHealth(w *response, _ *http.Request) {
	w.level = slog.LevelDebug
	s.writeJSON(w, http.StatusOK, "application/json", struct {
		Status string `json:"status"`
	}{"ok"})
}

func serveNothing(w *response, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }

// response is a ResponseWriter that remembers what the access log tells.
type response struct {
	http.ResponseWriter
	status int
	level  slog.Level
	notes  []slog.Attr
}

// WriteHeader remembers the status.
func (w *response) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) note(attrs ...slog.Attr) { w.notes = append(w.notes, attrs...) }

// logged writes one line for each request. It names neither headers nor query nor body, where secrets and tokens are; a
// client id is only named by a handler that has authenticated it.
func (s *Server) logged(handle func(*response, *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &response{ResponseWriter: w, status: http.StatusOK, level: slog.LevelInfo}
		handle(rec, r)
		attrs := append([]slog.Attr{
			slog.String("method", r.Method),
			slog.String("path", r.URL.Path[:min(len(r.URL.Path), maxLoggedPath)]),
			slog.Int("status", rec.status),
			slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
		}, rec.notes...)
		s.log.LogAttrs(r.Context(), rec.level, "request", attrs...)
	})
}

// writeJSON sends v. A client that has gone away is no error worth telling.
func (s *Server) writeJSON(w *response, status int, contentType string, v any) {
	data, err := encodeJSON(v)
	if err != nil {
		s.log.Error("response not encoded", slog.Any("error", err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(data) //nolint:gosec // JSON, and told to be so
}
