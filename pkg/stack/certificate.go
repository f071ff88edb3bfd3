package stack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"time"
)

const (
	// certificateLife is how long the local certificates are good: as long as public ones
	// were, so that nobody has to think of them.
	certificateLife = 365 * 24 * time.Hour
	// certificateRenewal is how long before their end they are made anew: longer than a
	// stack is left running.
	certificateRenewal = 30 * 24 * time.Hour
	// clockDifference is by how much a clock may be behind the one that they were made by.
	clockDifference = time.Hour
)

// CertificateFiles are paths of PEM files.
type CertificateFiles struct {
	CA, Cert, Key string // an authority; a certificate of it and its key
}

func certificateFiles(dir string) CertificateFiles {
	return CertificateFiles{filepath.Join(dir, caFile), filepath.Join(dir, certFile), filepath.Join(dir, keyFile)}
}

// WriteCertificates makes a development authority and a certificate of it for a gateway on
// loopback, and writes them into dir, over those of an earlier call. The authority's key is
// thrown away once it has signed, so nobody can ever misuse it; and it is good for this
// machine's own addresses only.
func WriteCertificates(dir string) (CertificateFiles, error) {
	files := certificateFiles(dir)
	ca, leaf, key, err := makeCertificates(time.Now())
	if err != nil {
		return files, fmt.Errorf("make certificates: %w", err)
	}
	for path, block := range map[string]*pem.Block{
		files.CA:   {Type: "CERTIFICATE", Bytes: ca},
		files.Cert: {Type: "CERTIFICATE", Bytes: leaf},
		files.Key:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := writeSecret(path, pem.EncodeToMemory(block)); err != nil {
			return files, fmt.Errorf("write certificates: %w", err)
		}
	}
	return files, nil
}

// ensureCertificates makes the stack's certificates, unless there are good ones.
func (s *Stack) ensureCertificates() error {
	if s.goodCertificates(time.Now().Add(certificateRenewal)) {
		return nil
	}
	_, err := WriteCertificates(s.path(tlsDir))
	return err
}

// goodCertificates tells whether the files fit each other, and will at a time.
func (s *Stack) goodCertificates(at time.Time) bool {
	files := certificateFiles(s.path(tlsDir))
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return false
	}
	ca, err := readBounded(files.CA, maxRecordBytes)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		return false
	}
	for _, name := range []string{loopback, balancers()[furtherBalancers-1].String()} {
		if _, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: at}); err != nil {
			return false
		}
	}
	return true
}

// furtherBalancers is for how many load balancers beside the first the certificate is good:
// as many stacks as one may want to compare.
const furtherBalancers = 8

// balancers are the addresses that the local cloud gives to further load balancers, in turn.
func balancers() []net.IP {
	list := make([]net.IP, furtherBalancers)
	for i := range list {
		list[i] = net.IPv4(127, 32, 0, byte(1+i))
	}
	return list
}

// makeCertificates makes an authority and a certificate of it, with the latter's key.
func makeCertificates(now time.Time) (ca, leaf, key []byte, err error) {
	caKey, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	leafKey, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, nil, err
	}
	authority := certificate(now, 1, "Spillway local development CA")
	authority.IsCA, authority.BasicConstraintsValid, authority.MaxPathLenZero = true, true, true
	authority.KeyUsage = x509.KeyUsageCertSign
	authority.PermittedDNSDomainsCritical = true
	authority.PermittedDNSDomains = []string{"localhost"}
	authority.PermittedIPRanges = []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
	gateway := certificate(now, 2, "Spillway local gateway")
	gateway.KeyUsage = x509.KeyUsageDigitalSignature
	gateway.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	gateway.DNSNames = []string{"localhost"}
	gateway.IPAddresses = append(balancers(), net.ParseIP(loopback), net.IPv6loopback)
	if ca, err = x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey); err != nil {
		return nil, nil, nil, err
	}
	if leaf, err = x509.CreateCertificate(rand.Reader, gateway, authority, leafKey.Public(), caKey); err != nil {
		return nil, nil, nil, err
	}
	key, err = x509.MarshalPKCS8PrivateKey(leafKey)
	return ca, leaf, key, err
}

func certificate(now time.Time, serial int64, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano() + serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-clockDifference), NotAfter: now.Add(certificateLife),
	}
}
