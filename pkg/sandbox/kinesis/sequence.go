package kinesis

import (
	"errors"
	"time"
)

// A sequence number of version 2 is 47 hexadecimal digits, written in decimal:
//
//	2 | 9: shard created, s | 1: shard index mod 16 | 16: index in shard | 2: zero | 9: arrival, s | 8: shard index | 2
//
// Offsets below count bits from the lowest. Versions 0 and 1 were given out in
// 2013 and 2014; they are still understood where a client passes one in.
const (
	seqVersionBit  = 0
	seqShardBit    = 4
	seqTimeBit     = 36
	seqIndexBit    = 80
	seqNibbleBit   = 144
	seqCreatedBit  = 148
	seqTopBit      = 184
	seqTop         = 2
	seqVersion     = 2
	seqSecondsBits = 36

	// maxIndex is the index in a closed shard's ending sequence number.
	maxIndex = 1<<63 - 1
	// maxShardIndex is the largest shard index that the service accepts.
	maxShardIndex = 1<<31 - 1
	// maxSeconds bounds the creation time in a number of version 0: seconds at or above it are invalid.
	maxSeconds = 16025175000
)

// sequence holds the parts of a sequence number.
type sequence struct {
	version int
	created int64 // of the shard, in seconds
	shard   int64
	index   uint64
	arrived int64 // in seconds
}

func (q sequence) number() number {
	n := number{}.withBits(seqVersionBit, seqVersion)
	n = n.withBits(seqShardBit, uint64(q.shard))
	n = n.withBits(seqTimeBit, uint64(q.arrived))
	n = n.withBits(seqIndexBit, q.index)
	n = n.withBits(seqNibbleBit, uint64(q.shard&15))
	n = n.withBits(seqCreatedBit, uint64(q.created))
	return n.withBits(seqTopBit, seqTop)
}

var (
	errSequenceInvalid = errors.New("invalid sequence number")
	// errSequenceVersion3 marks the one version that makes PutRecord fail inside the service.
	errSequenceVersion3 = errors.New("sequence number of version 3")
)

// parseSequence reads a sequence number and gives, besides its parts, the
// number as the service prints it back.
func parseSequence(text string) (sequence, number, error) {
	n, ok := parseNumber(text)
	if !ok {
		return sequence{}, n, errSequenceInvalid
	}
	if version0 := (number{mid: 1 << 60}); n.less(version0) { // 2^124
		n = n.plus(version0)
	}
	if n.less(number{hi: 2}) { // 2^129
		return parseVersion0(n)
	}
	if n.bits(seqTopBit, 8) != seqTop {
		return sequence{}, n, errSequenceInvalid
	}
	q := sequence{
		version: int(n.bits(seqVersionBit, 4)),
		created: int64(n.bits(seqCreatedBit, seqSecondsBits)),
		shard:   int64(n.bits(seqShardBit, 32)),
		index:   n.bits(seqIndexBit, 64),
		arrived: int64(n.bits(seqTimeBit, seqSecondsBits)),
	}
	switch q.version {
	case 1:
		const indexBit, indexBits, arrivedBit = 36, 8, 100
		q.index, q.arrived = n.bits(indexBit, indexBits), int64(n.bits(arrivedBit, seqSecondsBits))
		return q, n, nil
	case 2:
		if q.index > maxIndex || q.shard > maxShardIndex {
			return q, n, errSequenceInvalid
		}
		return q, n, nil
	case 3:
		return q, n, errSequenceVersion3
	default:
		return q, n, errSequenceInvalid
	}
}

func parseVersion0(n number) (sequence, number, error) {
	const createdBit, shardBits, low124 = 88, 16, 1<<60 - 1
	n = number{mid: n.mid&low124 | 1<<60, lo: n.lo}
	q := sequence{created: int64(n.bits(createdBit, seqSecondsBits)), shard: int64(n.bits(0, shardBits))}
	if q.created >= maxSeconds {
		return q, n, errSequenceInvalid
	}
	return q, n, nil
}

// seconds gives t as the whole seconds that a sequence number holds.
func seconds(t time.Time) int64 { return max(0, t.Unix()) }
