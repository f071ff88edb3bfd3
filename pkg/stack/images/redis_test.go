package images

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseLibraries(t *testing.T) {
	t.Parallel()
	const text = `	linux-vdso.so.1 (0x00007f27c6bdb000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f27c6ada000)
	libgone.so.1 => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f27c6bdd000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f27c6ada000)
`
	want := []string{"/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"}
	if diff := cmp.Diff(want, parseLibraries(text)); diff != "" {
		t.Error(diff)
	}
}
