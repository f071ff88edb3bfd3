package eventlog

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ID is the identity of an entry in its lane, and a position: the one after the
// entry. Redis makes it of the time of the append (milliseconds since 1970) and
// a number within the millisecond, and never lets it go back. The zero ID is the
// position before the first entry that a lane ever had.
type ID struct{ MS, Seq uint64 }

// Oldest is the position before the oldest entry that a lane still has.
var Oldest = ID{0, 1} //nolint:gochecknoglobals // a constant, but for the language

// At returns the position before the first entry appended at or after t.
func At(t time.Time) ID {
	ms := t.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	if ms < 1 {
		return Oldest
	}
	return ID{uint64(ms) - 1, math.MaxUint64}
}

// Exact tells whether id is the position of an entry, or the zero position; Oldest
// and what At returns are not.
func (id ID) Exact() bool { return id != Oldest && id.Seq != math.MaxUint64 }

// Compare is negative, zero or positive as id is before, equal to or after other.
func (id ID) Compare(other ID) int {
	return cmp.Or(cmp.Compare(id.MS, other.MS), cmp.Compare(id.Seq, other.Seq))
}

// Next returns the first position after id in its millisecond.
func (id ID) Next() ID { return ID{id.MS, id.Seq + 1} }

// Time returns when the entry was appended, by the clock of Redis.
func (id ID) Time() time.Time { return time.UnixMilli(int64(id.MS)) }

// String returns id as Redis writes it.
func (id ID) String() string {
	return strconv.FormatUint(id.MS, 10) + "-" + strconv.FormatUint(id.Seq, 10)
}

// ParseID reads what String writes.
func ParseID(s string) (ID, error) {
	ms, seq, ok := strings.Cut(s, "-")
	m, err1 := strconv.ParseUint(ms, 10, 64)
	q, err2 := strconv.ParseUint(seq, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return ID{}, fmt.Errorf("entry id %q: want MILLISECONDS-NUMBER", s)
	}
	return ID{m, q}, nil
}
