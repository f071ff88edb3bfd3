package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/stack"
)

// keys are a gateway's certificate, and a customer's of another authority.
type keys struct {
	gateway   stack.CertificateFiles
	authority []byte // of customers, PEM
	cert, key string // files of a customer
}

func newKeys(t *testing.T) keys {
	t.Helper()
	dir := t.TempDir()
	gateway, err := stack.WriteCertificates(dir)
	if err != nil {
		t.Fatal(err)
	}
	k := keys{gateway: gateway, cert: filepath.Join(dir, "customer.pem"), key: filepath.Join(dir, "customer-key.pem")}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "customers"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// The authority's own certificate is the customer's, too: it needs no other.
	der, err := x509.CreateCertificate(cryptorand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	k.authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for path, text := range map[string][]byte{k.cert: k.authority, k.key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// secret puts the gateway's certificate into a secret, as the template wants it, and returns its ARN.
func (k keys) secret(t *testing.T, cfg aws.Config, name string) string {
	t.Helper()
	value := map[string]string{"client_ca": string(k.authority)}
	for key, path := range map[string]string{"certificate": k.gateway.Cert, "key": k.gateway.Key} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		value[key] = string(text)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	out, err := deploy.Stack(t.Context(), cfg, deploy.Options{
		StackName: name, Parameters: map[string]string{"Value": string(text)}, TemplateBody: `
Parameters: {Value: {Type: String, NoEcho: true}}
Resources:
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: !Ref Value}}
Outputs:
  Arn: {Value: !Ref Secret}
`,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out["Arn"]
}

// letIn tells whether the gateway lets a client in, which in TLS 1.3 it says only when the client reads.
func letIn(endpoint string, security *tls.Config) error {
	conn, err := tls.Dial("tcp", endpoint, security)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1)) // HTTP/2's first frame is the server's
	return err
}
