package rebuild

import (
	"bytes"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// chunkDigits is how many decimal digits surely fit into 64 bits.
	chunkDigits = 19
	// maxSequenceDigits is the longest sequence number that an identity holds. Those
	// of Kinesis have 56 digits.
	maxSequenceDigits = 3 * chunkDigits
)

// identity is an event's id, exactly, in 32 bytes. Two identities are of the same
// index.
type identity struct {
	sequence [3]uint64 // its decimal digits, chunkDigits in each, the last ones last
	shard    uint32    // number of the shard's name in the index
	sub      uint32
}

// parseSequence reads a sequence number of digits without a leading zero.
func parseSequence(text []byte) (sequence [3]uint64, ok bool) {
	if len(text) == 0 || len(text) > maxSequenceDigits || text[0] == '0' && len(text) > 1 {
		return sequence, false
	}
	for i := len(sequence) - 1; len(text) > 0; i-- {
		cut := max(0, len(text)-chunkDigits)
		for _, digit := range text[cut:] {
			if digit < '0' || digit > '9' {
				return sequence, false
			}
			sequence[i] = sequence[i]*10 + uint64(digit-'0')
		}
		text = text[:cut]
	}
	return sequence, true
}

// splitID takes an event's id apart: SHARD:SEQUENCE:SUB.
func splitID(id []byte) (shard []byte, rest identity, ok bool) {
	shard, numbers, ok := bytes.Cut(id, []byte{':'})
	if !ok || len(shard) == 0 {
		return nil, identity{}, false
	}
	sequence, sub, ok := bytes.Cut(numbers, []byte{':'})
	if !ok {
		return nil, identity{}, false
	}
	n, err := strconv.ParseUint(string(sub), 10, 32)
	if err != nil || sub[0] == '0' && len(sub) > 1 {
		return nil, identity{}, false
	}
	rest.sub = uint32(n)
	rest.sequence, ok = parseSequence(sequence)
	return shard, rest, ok
}

// Field numbers of spillway.v1; a test holds them against the generated code.
const fieldID protowire.Number = 1

// eventID returns the id of one encoded event, as package event makes them, or nil.
func eventID(encoded []byte) []byte {
	_, _, n := protowire.ConsumeTag(encoded)
	if n < 0 {
		return nil
	}
	message, n := protowire.ConsumeBytes(encoded[n:])
	for n >= 0 && len(message) > 0 {
		number, typ, m := protowire.ConsumeTag(message)
		if m < 0 {
			return nil
		}
		if number == fieldID && typ == protowire.BytesType {
			id, _ := protowire.ConsumeBytes(message[m:])
			return id
		}
		if n = protowire.ConsumeFieldValue(number, typ, message[m:]); n >= 0 {
			message = message[m+n:]
		}
	}
	return nil
}
