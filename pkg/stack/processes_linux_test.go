package stack

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const rest = " S 7 42 42 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 500 1000 3 18446744073709551615 0"
	tests := []struct {
		name, text string
		want       processInfo
		ok         bool
	}{
		{"plain", "42 (gateway)" + rest, processInfo{42, 7, "gateway", 3 * int64(os.Getpagesize()), 5 * time.Second}, true},
		{"odd name", "42 (a) b (c)" + rest, processInfo{42, 7, "a) b (c", 3 * int64(os.Getpagesize()), 5 * time.Second}, true},
		{"cut", "42 (gateway) S 7", processInfo{}, false},
		{"nothing", "", processInfo{}, false},
		{"no number", "x (gateway)" + rest, processInfo{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := parseStat(tt.text, 10*time.Second)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestOwnProcess(t *testing.T) {
	t.Parallel()
	me, ok := family(processes(), os.Getpid())[os.Getpid()]
	if !ok || me.parent != os.Getppid() || me.memory < 1<<20 || me.age <= 0 || me.age > 24*time.Hour {
		t.Errorf("%+v, %v", me, ok)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("42 (gateway) S 7 42 42 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 500 1000 3 18446744073709551615 0")
	f.Add(") (")
	f.Fuzz(func(t *testing.T, text string) {
		if p, ok := parseStat(text, time.Hour); !ok && p != (processInfo{}) {
			t.Errorf("refused, but read %+v", p)
		}
	})
}

func TestListeners(t *testing.T) {
	t.Parallel()
	const table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0100007F:11D6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1\n" +
		"   1: 0100007F:11D6 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 5678 1\n" +
		"   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9999 1\n"
	found := map[string]bool{}
	listeners([]byte(table), 4566, found)
	if len(found) != 1 || !found["socket:[1234]"] {
		t.Errorf("found %v, want only the socket that listens", found)
	}
}
