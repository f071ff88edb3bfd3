package stack

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
	"time"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	s := &Stack{o: Options{Dir: t.TempDir()}}
	if err := s.ensureCertificates(); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(s.path(tlsDir, certFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ensureCertificates(); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(s.path(tlsDir, certFile)); err != nil || string(again) != string(first) {
		t.Errorf("good certificates were made anew (%v)", err)
	}
	if info, err := os.Stat(s.path(tlsDir, keyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if s.goodCertificates(time.Now().Add(certificateLife)) {
		t.Error("they are good for longer than they live")
	}
	// The key of another pair.
	other := &Stack{o: Options{Dir: t.TempDir()}}
	if err := other.ensureCertificates(); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(other.path(tlsDir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(tlsDir, keyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if s.goodCertificates(time.Now()) {
		t.Error("a certificate with another's key is good")
	}
	if err := s.ensureCertificates(); err != nil || !s.goodCertificates(time.Now()) {
		t.Errorf("it was not mended: %v", err)
	}
}

// TestAuthorityIsForLoopback: trusting the local authority lets nobody be anybody else.
func TestAuthorityIsForLoopback(t *testing.T) {
	t.Parallel()
	s := &Stack{o: Options{Dir: t.TempDir()}}
	if err := s.ensureCertificates(); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(s.path(tlsDir, certFile), s.path(tlsDir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.path(tlsDir, caFile))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for name, good := range map[string]bool{"127.0.0.1": true, "127.32.0.8": true, "::1": true, "localhost": true, "example.com": false, "127.32.0.9": false, "10.0.0.1": false} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
		if (err == nil) != good {
			t.Errorf("%s: %v, want it to be good: %t", name, err, good)
		}
	}
	if !ca.PermittedDNSDomainsCritical || len(ca.PermittedIPRanges) != 2 || !ca.MaxPathLenZero {
		t.Errorf("the authority's constraints: %v %v", ca.PermittedDNSDomains, ca.PermittedIPRanges)
	}
	if files, err := os.ReadDir(s.path(tlsDir)); err != nil || len(files) != 3 {
		t.Errorf("files %v (%v), want no key of the authority", files, err)
	}
}

func TestPolicyIsKept(t *testing.T) {
	t.Parallel()
	s := &Stack{o: Options{Dir: t.TempDir()}}
	if err := s.ensurePolicy(); err != nil {
		t.Fatal(err)
	}
	const own = "deny: [x]\n"
	if err := os.WriteFile(s.path(policyFile), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.ensurePolicy(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(s.path(policyFile)); err != nil || string(got) != own {
		t.Errorf("policy %q, %v", got, err)
	}
}
