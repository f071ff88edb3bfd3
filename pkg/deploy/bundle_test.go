package deploy

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/deploy/binary/binarytest"
)

func TestBundleIsReproducible(t *testing.T) {
	t.Parallel()
	path := binarytest.Write(t, elf.EM_X86_64, false, "")
	first, err := newBundle(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Now(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	second, err := newBundle(path)
	if err != nil || !bytes.Equal(first.body, second.body) || first.architecture != "x86_64" {
		t.Errorf("two bundles of one binary differ, or architecture %s, %v", first.architecture, err)
	}
	r, err := zip.NewReader(bytes.NewReader(first.body), int64(len(first.body)))
	if err != nil || len(r.File) != 1 {
		t.Fatalf("%d files, %v", len(r.File), err)
	}
	f := r.File[0]
	if f.Name != "bootstrap" || f.Mode() != 0o755 || !f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s %v %v", f.Name, f.Mode(), f.Modified)
	}
	content, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(content)
	want, _ := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("content differs, %v", err)
	}
}

func TestBundleRefusesWhatWouldNotStart(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, want string }{
		{"not a binary", script, "not a Linux binary"},
		{"dynamically linked", binarytest.Write(t, elf.EM_AARCH64, true, ""), "build it with CGO_ENABLED=0"},
		{"another machine", binarytest.Write(t, elf.EM_RISCV, false, ""), "want arm64 or x86_64"},
	}
	for _, tt := range tests {
		if _, err := newBundle(tt.path); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestArtifacts(t *testing.T) {
	t.Parallel()
	const bucket = "spillway-artifacts-123456789012-us-east-1"
	s := newScript(t, map[string][]string{})
	store := newArtifacts(prepared(s.config()), "", "123456789012")
	code := newArtifact("code", ".zip", []byte{})
	key := code.key
	if err := store.put(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	if err := newArtifacts(prepared(s.config()), "", "123456789012").put(t.Context(), code); err != nil || !strings.HasPrefix(key, "code/") || !strings.HasSuffix(key, ".zip") || len(key) != len("code/.zip")+64 {
		t.Errorf("key %q, %v", key, err)
	}
	if got := strings.Join(s.puts, " "); got != "PUT "+bucket+" PUT "+bucket+"/"+key {
		t.Errorf("wrote %q, want the bucket and the object, once each", got)
	}
	if url := store.url(key); url != "http://aws.test/"+bucket+"/"+key {
		t.Errorf("url %s", url)
	}
	s.buckets["taken"] = http.StatusForbidden
	if err := newArtifacts(prepared(s.config()), "taken", "123456789012").put(t.Context(), code); err == nil || !strings.Contains(err.Error(), "belongs to another account") {
		t.Errorf("a foreign bucket: %v", err)
	}
}
