package ground

import (
	"path/filepath"

	"github.com/spillway/spillway/pkg/stack"
)

// Secure makes a certificate. It returns the variables that give TLS to a gateway, and
// the file of the authority, for clients.
func (g *Ground) Secure() (variables []string, ca string, err error) {
	files, err := stack.WriteCertificates(filepath.Join(g.Dir, "tls"))
	return []string{"SPILLWAY_TLS_CERT_FILE=" + files.Cert, "SPILLWAY_TLS_KEY_FILE=" + files.Key}, files.CA, err
}
