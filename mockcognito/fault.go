package mockcognito

import (
	"fmt"
	"net/http"
)

// fault is what the next token requests are answered with instead of a token.
type fault struct {
	left   int
	status int
	code   string
}

// FailTokenRequests answers the next n token requests, which must be well-formed in method and content type, with the
// HTTP status and {"error":code}: 429 and "TooManyRequestsException" for throttling, say. n = 0 ends it.
func (s *Server) FailTokenRequests(n, status int, code string) error {
	if n < 0 || status < http.StatusBadRequest || status > 599 {
		return fmt.Errorf("mockcognito: fail %d token requests with status %d: n must not be negative, status must be 400 to 599",
			n, status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault{left: n, status: status, code: code}
	return nil
}

func (s *Server) nextFault() (status int, code string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault.left == 0 {
		return 0, "", false
	}
	s.fault.left--
	return s.fault.status, s.fault.code, true
}
