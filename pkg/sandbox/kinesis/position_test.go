package kinesis

import "testing"

func TestPositionBound(t *testing.T) {
	after, err := AfterSequenceNumber("49590338271490256608559692538361571095921575989136588898")
	if err != nil {
		t.Fatal(err)
	}
	bound, ok := after.Bound()
	if again, err := FromBound(bound); !ok || err != nil || again != after {
		t.Errorf("a position, written and read, is %v, %v; want %v", again, err, after)
	}
	if _, ok := Latest().Bound(); ok {
		t.Error("LATEST has a bound before it is read")
	}
	if _, err := FromBound("x"); err == nil {
		t.Error("no error for what is no number")
	}
}
