package client

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// httpStatus begins what gRPC says of an answer that is plain HTTP.
const httpStatus = "unexpected HTTP status code received from server: "

// misdirections are what gRPC says where the endpoint is the wrong one. It has no
// codes of their own for them: a test holds the words.
func misdirections() []misdirection {
	const noGateway = "the endpoint is no Spillway gateway: "
	const refused = "the endpoint does not accept the client's certificate: "
	return []misdirection{
		{httpStatus, codes.Unimplemented, noGateway},
		{"transport: received unexpected content-type ", codes.Unimplemented, noGateway},
		{"malformed header: missing HTTP content-type", codes.Unimplemented, noGateway},
		{"looked like an HTTP/1.1 header", codes.Unimplemented, noGateway + "its answer "},
		{"tls: no application protocol", codes.Unimplemented, noGateway + "it does not offer HTTP/2: "},
		{"missing selected ALPN property", codes.Unimplemented, noGateway + "it does not offer HTTP/2: "},
		{"tls: first record does not look like a TLS handshake", codes.FailedPrecondition, "the endpoint does not speak TLS: "},
		{"remote error: tls: certificate required", codes.FailedPrecondition, "the endpoint asks for a client certificate: "},
		{"remote error: tls: bad certificate", codes.FailedPrecondition, refused},
		{"remote error: tls: unknown certificate", codes.FailedPrecondition, refused}, // also "authority"
		{"remote error: tls: expired certificate", codes.FailedPrecondition, refused},
		{"remote error: tls: revoked certificate", codes.FailedPrecondition, refused},
		{"tls: failed to verify certificate: ", codes.FailedPrecondition, "the endpoint's certificate is not accepted: "},
	}
}

// misdirection is what tells a wrong endpoint, and what it is told as.
type misdirection struct {
	sign string
	code codes.Code // one that ends a stream
	text string
}

// closedWhileWaiting is what gRPC says of a connection that it gave up since the
// other side said nothing; a test holds it.
const closedWhileWaiting = "use of closed network connection"

// closedAtOnce is what gRPC says of a connection that the other side closed when it had
// read what the client begins with. A gateway with TLS does so to plaintext; so may one
// that is just starting or stopping behind a forwarder, so it is not final.
const closedAtOnce = "error reading server preface: "

// explain replaces an error of gRPC by one that tells what is wrong, and that is
// final where waiting would not mend it: at an endpoint that has never been live.
// What has been live is the right one, and whatever it says now may pass.
func (c *Client) explain(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	said, _, _ := strings.Cut(s.Message(), "\n") // what follows is the page that a web server answered with
	if inner, ok := strings.CutPrefix(said, `connection error: desc = "`); ok {
		said = strings.TrimSuffix(inner, `"`)
	}
	if s.Code() == codes.Unavailable && strings.Contains(said, closedWhileWaiting) {
		return &Error{codes.Unavailable, "the endpoint takes connections and does not answer"}
	}
	// A proxy says of a gateway that is away: 502, 503, 504, which gRPC makes UNAVAILABLE.
	away := s.Code() == codes.Unavailable && strings.HasPrefix(said, httpStatus)
	if away || c.reached.Load() {
		return err
	}
	for _, m := range misdirections() {
		if at := strings.Index(said, m.sign); at >= 0 {
			return &Error{m.code, m.text + said[at:]}
		}
	}
	if s.Code() == codes.Unavailable && strings.Contains(said, closedAtOnce) && c.plaintext {
		return &Error{codes.Unavailable, "the endpoint closed the connection at once: one that has TLS does so to plaintext, which is what was spoken (a CA file, or https:// before the endpoint, makes it TLS)"}
	}
	return err
}
