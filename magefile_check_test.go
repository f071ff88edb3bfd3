//go:build mage

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestContractBases: on the main branch itself the commit before is what counts, or nothing could ever break.
func TestContractBases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		who := []string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"}
		out, err := output(t.Context(), "git", append(who, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	commit := func(proto string) string {
		t.Helper()
		if proto != "" {
			path := filepath.Join(dir, "proto")
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(path, "a.proto"), []byte(proto), 0o600); err != nil {
				t.Fatal(err)
			}
			git("add", "proto")
		}
		git("commit", "-q", "--allow-empty", "-m", "a change")
		return git("rev-parse", "HEAD")
	}
	want := func(when string, commits ...string) {
		t.Helper()
		got, err := contractBases(t.Context(), dir)
		if diff := cmp.Diff(commits, got); diff != "" || err != nil {
			t.Errorf("%s: err %v (-want +got):\n%s", when, err, diff)
		}
	}
	git("init", "-q", "-b", "main")
	commit("")
	first := commit("one")
	want("nothing before it has proto", first)
	second := commit("two")
	want("on main", first, second)
	git("update-ref", "refs/remotes/origin/main", second)
	want("on main, pushed", first, second)
	third := commit("three")
	want("on main, not pushed", second, third)
	git("checkout", "-q", "-b", "work")
	fourth := commit("four")
	want("on a branch, main not pushed", second, fourth)
	git("update-ref", "-d", "refs/remotes/origin/main")
	want("on a branch, without a remote", third, fourth)
	git("checkout", "-q", "--detach", second)
	want("behind main", first, second)
}
