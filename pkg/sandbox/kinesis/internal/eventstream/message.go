// Package eventstream encodes messages of application/vnd.amazon.eventstream, in
// which Kinesis answers SubscribeToShard.
//
// [Append] writes one message: headers, of which Kinesis uses those of strings
// only, and a payload, with the checksums of the format. It does not decode, and
// keeps nothing: all may be called concurrently. The format is that of
// smithy.io/2.0/aws/amazon-eventstream.html.
package eventstream

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	preludeBytes  = 8 // total length and length of the headers
	checksumBytes = 4
	typeString    = 7
)

// Header is a header of a message: Name has at most 255 bytes, Value at most 65,535.
type Header struct{ Name, Value string }

// Append appends a message to dst.
func Append(dst []byte, headers []Header, payload []byte) []byte {
	begin, length := len(dst), 0
	for _, h := range headers {
		length += 1 + len(h.Name) + 1 + 2 + len(h.Value)
	}
	total := preludeBytes + checksumBytes + length + len(payload) + checksumBytes
	dst = binary.BigEndian.AppendUint32(dst, uint32(total))
	dst = binary.BigEndian.AppendUint32(dst, uint32(length))
	dst = binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
	for _, h := range headers {
		dst = append(dst, byte(len(h.Name)))
		dst = append(dst, h.Name...)
		dst = append(dst, typeString)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(h.Value)))
		dst = append(dst, h.Value...)
	}
	dst = append(dst, payload...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}
