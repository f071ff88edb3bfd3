package kinesis

import (
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
