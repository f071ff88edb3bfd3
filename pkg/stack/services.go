package stack

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"
)

// The names of what is supervised, as services and as programs, in the order of their start.
const (
	issuerName  = "mockcognito"
	gatewayName = "gateway"
)

// supervised is an entry of the sandbox's services file.
type supervised struct {
	Name    string            `json:"name"`
	Command []string          `json:"command"`
	Env     map[string]string `json:"env"`
	Ready   string            `json:"ready"`
}

// services are the programs that the sandbox keeps running, in the order of their start. Of all-steps, the gateway is not one of them.
func (s *Stack) services(p Ports, cursorKey string) []supervised {
	if s.o.Template == TemplateAllSteps {
		return []supervised{s.issuer(p, s.path(stateDir, cognitoFile))} // whose state is the cloud's
	}
	e := endpointsAt(p)
	gateway := map[string]string{
		"SPILLWAY_REDIS_URL":     e.Redis,
		"SPILLWAY_ISSUER":        e.Issuer,
		"SPILLWAY_JWKS_URL":      e.JWKSURL,
		"SPILLWAY_LISTEN":        e.Gateway,
		"SPILLWAY_ADMIN_LISTEN":  address(p.Admin),
		"SPILLWAY_CURSOR_KEY":    cursorKey,
		"SPILLWAY_POLICY_FILE":   s.path(policyFile),
		"SPILLWAY_TLS_CERT_FILE": s.path(tlsDir, certFile),
		"SPILLWAY_TLS_KEY_FILE":  s.path(tlsDir, keyFile),
		"SPILLWAY_LOG_LEVEL":     s.o.LogLevel,
		"SPILLWAY_REFLECTION":    "true",
		// Nobody waits for a rolling deployment here, but for "down".
		"SPILLWAY_DRAIN_WINDOW": "1s",
	}
	maps.Copy(gateway, s.o.Gateway)
	return []supervised{
		s.issuer(p, s.path(cognitoFile)),
		{Name: gatewayName, Command: []string{s.binary(gatewayName)}, Env: gateway, Ready: e.Admin + "/readyz"},
	}
}

// issuer is mockcognito, with what it keeps in a file.
func (s *Stack) issuer(p Ports, state string) supervised {
	return supervised{
		Name: issuerName, Command: []string{s.binary(issuerName)}, Ready: "http://" + address(p.Cognito) + "/healthz",
		Env: map[string]string{
			"SPILLWAY_MOCKCOGNITO_LISTEN": address(p.Cognito),
			"SPILLWAY_MOCKCOGNITO_CONFIG": s.path(poolsFile),
			"SPILLWAY_MOCKCOGNITO_STATE":  state,
		},
	}
}

// writeConfiguration writes what the daemon and its children are configured from, and empties what they write.
func (s *Stack) writeConfiguration(p Ports) error {
	for _, dir := range []string{stateDir, logDir} {
		if err := os.RemoveAll(s.path(dir)); err != nil {
			return fmt.Errorf("empty %s: %w", dir, err)
		}
		if err := os.MkdirAll(s.path(dir), 0o755); err != nil {
			return err
		}
	}
	if err := errors.Join(s.ensureCertificates(), s.ensurePolicy()); err != nil {
		return err
	}
	if _, err := WriteCertificates(s.path(stateDir, tlsDir)); err != nil {
		return err
	}
	pools, err := s.pools()
	if err != nil {
		return fmt.Errorf("make %s: %w", poolsFile, err)
	}
	cursorKey := ""
	if s.o.Template == TemplateData { // the other template makes one
		if cursorKey, err = s.cursorKey(); err != nil {
			return err
		}
	}
	services, err := json.MarshalIndent(map[string]any{"services": s.services(p, cursorKey)}, "", "  ")
	if err != nil {
		return fmt.Errorf("make %s: %w", servicesFile, err)
	}
	if err := errors.Join(writeSecret(s.path(poolsFile), pools), s.writeTasks()); err != nil {
		return err
	}
	return writeSecret(s.path(servicesFile), services)
}

// pools is the text of mockcognito's configuration: the customers, or with all-steps, which makes them, who they will be.
func (s *Stack) pools() ([]byte, error) {
	if s.o.Template == TemplateAllSteps {
		return s.reservedText()
	}
	return poolsText(s.o.Customers)
}

// cursorKeyBytes is the length of the key that the gateway wants.
const cursorKeyBytes = 32

// cursorKey returns the key that cursors are sealed with, made once for a stack.
func (s *Stack) cursorKey() (string, error) {
	text, err := readBounded(s.path(cursorKeyFile), 4*cursorKeyBytes)
	switch {
	case err == nil:
		return strings.TrimSpace(string(text)), nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read %s: %w", cursorKeyFile, err)
	}
	raw := make([]byte, cursorKeyBytes)
	_, _ = rand.Read(raw) // never fails
	key := base64.StdEncoding.EncodeToString(raw)
	if err := writeSecret(s.path(cursorKeyFile), []byte(key+"\n")); err != nil {
		return "", fmt.Errorf("write %s: %w", cursorKeyFile, err)
	}
	return key, nil
}
