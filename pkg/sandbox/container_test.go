package sandbox

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/deploy/image"
	"github.com/spillway/spillway/pkg/sandbox/ecr"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

// A value that names a variable of the container is there only where that is, and Cognito is where it really is.
func TestDerivedEnvironment(t *testing.T) {
	t.Parallel()
	s := &Sandbox{cfg: Config{Region: "us-east-1", Cognito: "http://127.0.0.1:9229", TaskEnvironment: map[string]string{
		"LISTEN": ":8081", "KEYS": "${ISSUER}/keys", "BOTH": "${ISSUER} ${OTHER}",
	}}}
	for name, tt := range map[string]struct{ has, want map[string]string }{
		"none":    {nil, map[string]string{"LISTEN": ":8081"}},
		"Cognito": {map[string]string{"ISSUER": "https://cognito-idp.us-east-1.amazonaws.com/p"}, map[string]string{"LISTEN": ":8081", "KEYS": "http://127.0.0.1:9229/p/keys"}},
		"another": {map[string]string{"ISSUER": "https://example.com", "OTHER": ""}, map[string]string{"LISTEN": ":8081", "KEYS": "https://example.com/keys", "BOTH": "https://example.com "}},
	} {
		if diff := cmp.Diff(tt.want, s.derive(tt.has)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// An image that was pushed is unpacked once, whoever asks for it; one that was not is not found.
func TestRegistryImages(t *testing.T) {
	t.Parallel()
	s, cfg := running(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	made, err := image.New(image.Spec{Name: "self", Programs: []string{program}, Dynamic: true, Args: []string{"-v"}, Env: map[string]string{"A": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	must(s.ecr.CreateRepository(t.Context(), ecr.CreateRepositoryInput{RepositoryName: "self"}))(t)
	registry := strings.TrimPrefix(*cfg.BaseEndpoint, "http://")
	token := must(base64.StdEncoding.DecodeString(s.ecr.GetAuthorizationToken(t.Context()).AuthorizationToken))(t)
	user, password, _ := strings.Cut(string(token), ":")
	if err := made.Push(t.Context(), image.Target{Repository: registry + "/self", User: user, Password: password, Insecure: true}); err != nil {
		t.Fatal(err)
	}
	images := &registryImages{registry: s.ecr, dir: t.TempDir(), opened: map[string]*sync.Mutex{}}
	ref := "000000000000.dkr.ecr.us-east-1.amazonaws.com/self@" + made.Digest()
	first := must(images.Open(t.Context(), ref))(t)
	want := ecs.Image{Root: first.Root, Digest: made.Digest(), Entrypoint: []string{"/self"}, Command: []string{"-v"}, Env: []string{"A=b"}, WorkingDir: "/"}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
	unpacked, err := os.Stat(filepath.Join(first.Root, "self"))
	if err != nil || unpacked.Mode().Perm()&0o111 == 0 {
		t.Fatalf("the program: %v, %v", unpacked, err)
	}
	again := must(images.Open(t.Context(), ref))(t)
	if now, err := os.Stat(filepath.Join(again.Root, "self")); err != nil || !os.SameFile(unpacked, now) {
		t.Errorf("it was unpacked again: %v", err)
	}
	if _, err := images.Open(t.Context(), "000000000000.dkr.ecr.us-east-1.amazonaws.com/self:other"); !errors.Is(err, ecs.ErrNoImage) {
		t.Errorf("an image that is not there: %v", err)
	}
}

// An ARN of this account's Certificate Manager is the certificate in the files, as they are now.
func TestManagedCertificates(t *testing.T) {
	t.Parallel()
	files := certificates(t)
	m := managedCertificates{Config{Region: "us-east-1", AccountID: "000000000000", ListenerTLS: KeyPairFiles{files.Cert, files.Key}}}
	const arn = "arn:aws:acm:us-east-1:000000000000:certificate/any"
	if pair, ok, err := m.Certificate(t.Context(), arn); err != nil || !ok || pair.Leaf.Subject.CommonName != "test server" {
		t.Errorf("%v, %v, %v", pair, ok, err)
	}
	for _, other := range []string{"arn:aws:acm:us-east-1:111111111111:certificate/any", "arn:aws:acm:eu-west-1:000000000000:certificate/any", "any"} {
		if _, ok, err := m.Certificate(t.Context(), other); ok || err != nil {
			t.Errorf("%s: %v, %v", other, ok, err)
		}
	}
	if err := os.Remove(files.Key); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := m.Certificate(t.Context(), arn); ok || err == nil {
		t.Errorf("without a key: %v, %v", ok, err)
	}
}
