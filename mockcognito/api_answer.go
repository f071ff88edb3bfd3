package mockcognito

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// epoch is a time as the API writes it: seconds since 1970, with milliseconds.
type epoch time.Time

// MarshalJSON writes a number.
func (e epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

// epochOf is a time before 1970 as 1970: a clock that a knob has turned so far back is no matter of this API.
func epochOf(t time.Time) epoch {
	if t.Unix() < 0 {
		t = time.Unix(0, 0)
	}
	return epoch(t)
}

// rest returns in without the members of these names.
func rest(in schema.Fields, names ...string) schema.Fields {
	out := maps.Clone(in)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// pageRequest are the members of a list operation that say which part is wanted.
type pageRequest struct {
	MaxResults int
	NextToken  string
}

// page returns the part of items that is wanted, by ascending key, and the token of the next one, "" after the last. A
// token is the last key, so that what is made or deleted meanwhile repeats and skips nothing else.
func page[T any](req pageRequest, standard int, items []T, key func(T) string) ([]T, string, error) {
	items = slices.SortedFunc(slices.Values(items), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	if req.NextToken != "" {
		last, err := base64.RawURLEncoding.DecodeString(req.NextToken)
		if err != nil {
			return nil, "", invalid("Invalid pagination token.")
		}
		items = slices.DeleteFunc(items, func(item T) bool { return key(item) <= string(last) })
	}
	size := cmp.Or(req.MaxResults, standard)
	if len(items) <= size {
		return items, "", nil
	}
	return items[:size], base64.RawURLEncoding.EncodeToString([]byte(key(items[size-1]))), nil
}
