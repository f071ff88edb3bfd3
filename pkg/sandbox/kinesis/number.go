package kinesis

import (
	"cmp"
	"crypto/md5" //nolint:gosec // what Kinesis hashes keys by
	"encoding/binary"
	"math/bits"
)

// number is an unsigned 192-bit integer: wide enough for hash keys (128 bits)
// and sequence numbers (188 bits), comparable, and without allocation.
type number struct{ hi, mid, lo uint64 }

// hashKeySpace is 2^128, the number of hash keys.
func hashKeySpace() number { return number{hi: 1} }

// parseNumber reads decimal digits; it is false for anything else and for what does not fit.
func parseNumber(s string) (number, bool) {
	var n number
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return number{}, false
		}
		var over bool
		if n, over = n.timesPlus(10, uint64(d)); over {
			return number{}, false
		}
	}
	return n, s != ""
}

// timesPlus gives n*factor + add, and whether that overflowed.
func (n number) timesPlus(factor, add uint64) (number, bool) {
	var out number
	var c, carry uint64
	c, out.lo = bits.Mul64(n.lo, factor)
	out.lo, carry = bits.Add64(out.lo, add, 0)
	c += carry
	add = c
	c, out.mid = bits.Mul64(n.mid, factor)
	out.mid, carry = bits.Add64(out.mid, add, 0)
	c += carry
	add = c
	c, out.hi = bits.Mul64(n.hi, factor)
	out.hi, carry = bits.Add64(out.hi, add, 0)
	return out, c+carry != 0
}

// dividedBy gives the quotient and the remainder of n by d.
func (n number) dividedBy(d uint64) (q number, rem uint64) {
	q.hi, rem = n.hi/d, n.hi%d
	q.mid, rem = bits.Div64(rem, n.mid, d)
	q.lo, rem = bits.Div64(rem, n.lo, d)
	return q, rem
}

func (n number) plus(m number) number {
	var out number
	var carry uint64
	out.lo, carry = bits.Add64(n.lo, m.lo, 0)
	out.mid, carry = bits.Add64(n.mid, m.mid, carry)
	out.hi, _ = bits.Add64(n.hi, m.hi, carry)
	return out
}

func (n number) minus(m number) number {
	var out number
	var borrow uint64
	out.lo, borrow = bits.Sub64(n.lo, m.lo, 0)
	out.mid, borrow = bits.Sub64(n.mid, m.mid, borrow)
	out.hi, _ = bits.Sub64(n.hi, m.hi, borrow)
	return out
}

// next is n + 1.
func (n number) next() number { return n.plus(number{lo: 1}) }

func (n number) compare(m number) int {
	return cmp.Or(cmp.Compare(n.hi, m.hi), cmp.Compare(n.mid, m.mid), cmp.Compare(n.lo, m.lo))
}

func (n number) less(m number) bool { return n.compare(m) < 0 }

// String gives n in decimal.
func (n number) String() string {
	const chunk, digits = 1e19, 19 // the largest power of ten in a uint64
	var out [4 * digits]byte
	i := len(out)
	for {
		var rem uint64
		n, rem = n.dividedBy(chunk)
		last := n == number{}
		for d := 0; d < digits && (!last || rem > 0); d++ {
			i--
			out[i] = '0' + byte(rem%10)
			rem /= 10
		}
		if last {
			break
		}
	}
	if i == len(out) {
		return "0"
	}
	return string(out[i:])
}

// words gives n as words, the lowest first.
func (n number) words() [3]uint64 { return [3]uint64{n.lo, n.mid, n.hi} }

// bits gives the width bits (at most 64) that start offset bits from the lowest.
func (n number) bits(offset, width uint) uint64 {
	w := n.words()
	word, shift := offset/64, offset%64
	v := w[word] >> shift
	if shift > 0 && word+1 < uint(len(w)) {
		v |= w[word+1] << (64 - shift)
	}
	return v & (^uint64(0) >> (64 - width))
}

// withBits gives n with v put in at offset, where n has zeros.
func (n number) withBits(offset uint, v uint64) number {
	w := n.words()
	word, shift := offset/64, offset%64
	w[word] |= v << shift
	if shift > 0 && word+1 < uint(len(w)) {
		w[word+1] |= v >> (64 - shift)
	}
	return number{lo: w[0], mid: w[1], hi: w[2]}
}

// append writes n as 24 big-endian bytes.
func (n number) append(out []byte) []byte {
	out = binary.BigEndian.AppendUint64(out, n.hi)
	out = binary.BigEndian.AppendUint64(out, n.mid)
	return binary.BigEndian.AppendUint64(out, n.lo)
}

// numberFrom reads what append wrote.
func numberFrom(in []byte) number {
	return number{
		hi: binary.BigEndian.Uint64(in), mid: binary.BigEndian.Uint64(in[8:]), lo: binary.BigEndian.Uint64(in[16:]),
	}
}

// hashOf maps a partition key to its hash key: MD5 read as an unsigned integer.
func hashOf(partitionKey string) number {
	sum := md5.Sum([]byte(partitionKey)) //nolint:gosec // what Kinesis hashes keys by
	return number{mid: binary.BigEndian.Uint64(sum[:8]), lo: binary.BigEndian.Uint64(sum[8:])}
}

// hashRange is a range of hash keys, both ends included.
type hashRange struct{ first, last number }

// splitSpace cuts the hash keys into n ranges: each as long as the whole
// divided by n, rounded down, and the last one longer by what is left.
func splitSpace(n int) []hashRange {
	size, _ := hashKeySpace().dividedBy(uint64(n))
	out := make([]hashRange, n)
	var first number
	for i := range out {
		next := first.plus(size)
		if i == n-1 {
			next = hashKeySpace()
		}
		out[i] = hashRange{first, next.minus(number{lo: 1})}
		first = next
	}
	return out
}
