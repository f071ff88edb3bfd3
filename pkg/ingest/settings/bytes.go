package settings

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size that is written as people write it: 512MiB, 1GiB, or 1073741824.
// There are no fractions, and no units of 1,000.
type Bytes int64

// units are the binary ones, the largest first.
func units() []struct {
	name string
	size int64
} {
	return []struct {
		name string
		size int64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}
}

// UnmarshalText reads a size.
func (b *Bytes) UnmarshalText(text []byte) error {
	number, size := string(text), int64(1)
	for _, u := range units() {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, size = rest, u.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/size {
		return fmt.Errorf("%.40q is not a size: want a whole number of bytes, or one with KiB, MiB, GiB or TiB, such as 512MiB", text)
	}
	*b = Bytes(n * size)
	return nil
}

// String returns the size in the largest unit that it is a multiple of.
func (b Bytes) String() string {
	for _, u := range units() {
		if n := int64(b); n != 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return "0"
}
