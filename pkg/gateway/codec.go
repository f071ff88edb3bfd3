package gateway

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that codec falls back to
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spillway/spillway/pkg/fanout"
)

// Field numbers of spillway.v1; a test holds them against the generated code.
const (
	fieldCursor = 1 // SubscribeResponse
	fieldEvents = 3

	fieldBase = 1 // Cursor
	fieldStep = 2
)

// codec is protobuf, but for a frame, which is encoded already.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return f.buffers, nil
	}
	return c.CodecV2.Marshal(v)
}

// frame is a SubscribeResponse with events: a few bytes of its own, then runs of
// encoded events that are shared with other subscribers. It never changes, so it may be
// sent to many. Nobody writes to its bytes again, so gRPC may hold on to them for as long
// as it likes: no reference is counted.
type frame struct{ buffers mem.BufferSlice }

// newFrame frames a batch, with the base of its cursor if the subscriber lacks it,
// else nil.
func newFrame(b *fanout.Batch, base []byte) *frame {
	step := b.Mark.Step()
	head := make([]byte, 0, 2*protowire.SizeBytes(len(step))+protowire.SizeBytes(len(base))+16)
	head = appendCursor(head, base, step)
	head = protowire.AppendTag(head, fieldEvents, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(b.Size))
	buffers := make(mem.BufferSlice, 0, 1+len(b.Events))
	buffers = append(buffers, mem.SliceBuffer(head))
	for _, run := range b.Events {
		buffers = append(buffers, mem.SliceBuffer(run))
	}
	return &frame{buffers}
}

func appendCursor(dst, base, step []byte) []byte {
	size := protowire.SizeTag(fieldStep) + protowire.SizeBytes(len(step))
	if base != nil {
		size += protowire.SizeTag(fieldBase) + protowire.SizeBytes(len(base))
	}
	dst = protowire.AppendTag(dst, fieldCursor, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	if base != nil {
		dst = protowire.AppendTag(dst, fieldBase, protowire.BytesType)
		dst = protowire.AppendBytes(dst, base)
	}
	// The step is present even if it is empty: it replaces the last one.
	dst = protowire.AppendTag(dst, fieldStep, protowire.BytesType)
	return protowire.AppendBytes(dst, step)
}
