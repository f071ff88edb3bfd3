package environment

import (
	"bytes"
	"strings"
	"testing"
)

// Lambda's lines stand where they belong between the function's, however the function cuts its writes.
func TestOutputOrder(t *testing.T) {
	var log bytes.Buffer
	o, err := newOutput(&log)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if _, err := o.pipe.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	o.printf("START %d", 1)
	write("first\nno end of li")
	write("ne")
	if tail := string(o.flush()); tail != "START 1\nfirst\nno end of line\n" {
		t.Errorf("tail %q", tail)
	}
	o.printf("START %d", 2)
	if tail := string(o.flush()); tail != "START 2\n" {
		t.Errorf("tail %q holds more than was written since", tail)
	}
	long := strings.Repeat("x", 3*lineBytes)
	write(long)
	if tail := o.flush(); len(tail) != tailBytes {
		t.Errorf("tail of %d bytes, want %d", len(tail), tailBytes)
	}
	write("last")
	o.close()
	if want := "START 1\nfirst\nno end of line\nSTART 2\n" + long + "\nlast"; log.String() != want {
		t.Errorf("log of %d bytes, want %d", log.Len(), len(want))
	}
}
