package images

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/stack/docker"
)

// fakeDocker looks into the directory that it is to build from.
const fakeDocker = `#!/bin/sh
case "$1" in
version) echo "28.0.0 linux amd64" ;;
info) echo "[]" ;;
build) for dir; do :; done; cd "$dir" && find . -type f > "$FOUND" ;;
image) echo 17900000 ;;
esac
`

// The image of Redis is made from the programs and the libraries that they need.
func TestBuildRedis(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: no image is made of it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(fakeDocker), 0o755); err != nil {
		t.Fatal(err)
	}
	found := filepath.Join(dir, "found")
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("FOUND", found)
	engine, err := docker.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := BuildRedis(t.Context(), engine); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadFile(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"./Dockerfile", "./root/usr/bin/redis-server", "./root/usr/bin/redis-cli", "/libc.so.6", "/ld-linux"} {
		if !strings.Contains(string(files), want) {
			t.Errorf("%s is missing in\n%s", want, files)
		}
	}
	if size, err := engine.Size(t.Context(), Redis); err != nil || size != 17_900_000 {
		t.Errorf("size %d, %v", size, err)
	}
	for _, name := range Names() {
		if !strings.HasPrefix(name, "spillway/") {
			t.Errorf("image %s", name)
		}
	}
}
