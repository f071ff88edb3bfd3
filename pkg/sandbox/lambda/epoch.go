package lambda

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// EpochSeconds is a time that the API writes as a JSON number of seconds.
type EpochSeconds time.Time

// MarshalJSON writes the number, with milliseconds.
func (e EpochSeconds) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

// maxEpochSeconds is the year 9999; later times have no text form.
const maxEpochSeconds = 253402300799

// UnmarshalJSON reads the number; it must be between 1970 and 9999.
func (e *EpochSeconds) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > maxEpochSeconds {
		return fmt.Errorf("time %s is out of range", text)
	}
	*e = EpochSeconds(time.UnixMilli(int64(math.Round(seconds * 1000))))
	return nil
}
