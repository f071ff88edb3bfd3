package kinesis

import (
	"encoding/binary"
	"strconv"
	"time"
)

// Timestamp is a time that the API writes as seconds since 1970 with milliseconds.
type Timestamp struct{ time.Time }

// MarshalJSON writes t as a JSON number of seconds.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	const digits = 3
	return strconv.AppendFloat(nil, float64(t.UnixMilli())/1000, 'f', digits, 64), nil
}

// MarshalCBOR writes t as an integer of milliseconds with the tag 1, as AWS's clients for Java expect it.
func (t Timestamp) MarshalCBOR() ([]byte, error) {
	const epoch, eightBytes = 0xc1, 0x1b
	return binary.BigEndian.AppendUint64([]byte{epoch, eightBytes}, uint64(max(0, t.UnixMilli()))), nil
}
