package mockcognito

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
)

// keyBits is the size of Cognito's RSA keys.
const keyBits = 2048

// maxKeyBits bounds keys read from a state file: larger ones only make every token slow.
const maxKeyBits = 4096

// signingKey is one RSA key with the id under which it is published.
type signingKey struct {
	kid     string
	private *rsa.PrivateKey
}

// keyPair is what a pool signs with at one time: Cognito has one key for id tokens and another for access tokens, and
// publishes both.
type keyPair struct{ id, access signingKey }

func newSigningKey() (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signingKey{}, fmt.Errorf("generate RSA key: %w", err)
	}
	return identified(private), nil
}

// identified derives the key id from the key, so that it need not be stored. Cognito's ids are 32 bytes in standard
// base64, with the final "=".
func identified(private *rsa.PrivateKey) signingKey {
	sum := sha256.Sum256(private.N.Bytes())
	return signingKey{kid: base64.StdEncoding.EncodeToString(sum[:]), private: private}
}

func newKeyPair() (keyPair, error) {
	id, err := newSigningKey()
	if err != nil {
		return keyPair{}, err
	}
	access, err := newSigningKey()
	if err != nil {
		return keyPair{}, err
	}
	return keyPair{id: id, access: access}, nil
}

func (k signingKey) pem() (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return "", fmt.Errorf("encode RSA key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// parseSigningKey reads what pem wrote. Its errors never repeat the key.
func parseSigningKey(text string) (signingKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" {
		return signingKey{}, errors.New("is not a PEM block of type PRIVATE KEY")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return signingKey{}, errors.New("is not a PKCS #8 key")
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return signingKey{}, errors.New("is not an RSA key")
	}
	if bits := private.N.BitLen(); bits < keyBits || bits > maxKeyBits {
		return signingKey{}, fmt.Errorf("has %d bits, must have %d to %d", bits, keyBits, maxKeyBits)
	}
	return identified(private), nil
}

// jsonWebKey is a public key as Cognito writes it in jwks.json.
type jsonWebKey struct {
	Alg string `json:"alg"`
	E   string `json:"e"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	N   string `json:"n"`
	Use string `json:"use"`
}

func (k signingKey) public() jsonWebKey {
	encode := base64.RawURLEncoding.EncodeToString
	return jsonWebKey{
		Alg: "RS256",
		E:   encode(big.NewInt(int64(k.private.E)).Bytes()),
		Kid: k.kid,
		Kty: "RSA",
		N:   encode(k.private.N.Bytes()),
		Use: "sig",
	}
}
