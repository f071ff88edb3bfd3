package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/protobuf/proto"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	// streamWindow is how much a server may send before it is told to go on: what the SDK
	// grants a fast feed.
	streamWindow = 1 << 20
	// defaultWindow is what HTTP/2 begins with.
	defaultWindow = 64<<10 - 1
	// streamID is the connection's only stream.
	streamID = 1
	// readBuffer takes what a kernel's socket has, writeBuffer a request with its token.
	readBuffer, writeBuffer = 16 << 10, 4 << 10
	// headerTable is HTTP/2's default size of the table of headers.
	headerTable = 4 << 10
	// prefixBytes is what gRPC puts before a message: a flag and the length.
	prefixBytes = 5
	// maxMessage is what a gRPC client accepts.
	maxMessage = 4 << 20
)

// flow is one subscription on a connection of its own, spoken by hand. It belongs to one
// goroutine.
type flow struct {
	conn   net.Conn
	out    *bufio.Writer
	frames *http2.Framer

	data  []byte // of a message that has not come whole
	spent uint32 // of the window
}

// dialFlow connects and asks for a subscription. pool is nil for plaintext.
func dialFlow(ctx context.Context, addr, token string, req *spillwayv1.SubscribeRequest, pool *x509.CertPool) (*flow, error) {
	var conn net.Conn
	var err error
	if pool == nil {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
	} else {
		d := tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13, NextProtos: []string{http2.NextProtoTLS}}}
		conn, err = d.DialContext(ctx, "tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	f := &flow{conn: conn, out: bufio.NewWriterSize(conn, writeBuffer)}
	f.frames = http2.NewFramer(f.out, bufio.NewReaderSize(conn, readBuffer))
	f.frames.SetReuseFrames()
	f.frames.ReadMetaHeaders = hpack.NewDecoder(headerTable, nil)
	if err := f.ask(addr, token, req); err != nil {
		conn.Close()
		return nil, err
	}
	return f, nil
}

// ask sends the preface and the request.
func (f *flow) ask(addr, token string, req *spillwayv1.SubscribeRequest) error {
	body, err := proto.Marshal(req)
	if err != nil {
		return err
	}
	msg := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body)))
	headers := headerBlock(addr, token)
	_, err = f.out.WriteString(http2.ClientPreface)
	return errors.Join(err,
		f.frames.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow}),
		f.frames.WriteWindowUpdate(0, streamWindow-defaultWindow),
		f.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: streamID, BlockFragment: headers, EndHeaders: true}),
		f.frames.WriteData(streamID, true, append(msg, body...)),
		f.out.Flush(),
	)
}

func headerBlock(addr, token string) []byte {
	var b strings.Builder
	enc := hpack.NewEncoder(&b)
	for _, h := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", spillwayv1.StreamService_Subscribe_FullMethodName}, {":authority", addr},
		{"content-type", "application/grpc"}, {"te", "trailers"}, {"authorization", "Bearer " + token},
	} {
		_ = enc.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]}) // a builder takes everything
	}
	return []byte(b.String())
}

// run reads until the stream ends, and calls take with every message.
func (f *flow) run(take func(msg []byte) error) error {
	for {
		frame, err := f.frames.ReadFrame()
		if err != nil {
			return err
		}
		switch frame := frame.(type) {
		case *http2.DataFrame:
			err = f.take(frame, take)
		case *http2.MetaHeadersFrame:
			if frame.StreamEnded() {
				return ended(frame)
			}
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = errors.Join(f.frames.WriteSettingsAck(), f.out.Flush())
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				err = errors.Join(f.frames.WritePing(true, frame.Data), f.out.Flush())
			}
		case *http2.GoAwayFrame:
			err = fmt.Errorf("the server goes away: %s %s", frame.ErrCode, frame.DebugData())
		case *http2.RSTStreamFrame:
			err = fmt.Errorf("the server resets the stream: %s", frame.ErrCode)
		}
		if err != nil {
			return err
		}
	}
}

// take takes the messages that are whole with a frame.
func (f *flow) take(frame *http2.DataFrame, take func(msg []byte) error) error {
	f.data = append(f.data, frame.Data()...)
	rest := f.data
	for len(rest) >= prefixBytes {
		size := int(binary.BigEndian.Uint32(rest[1:]))
		if size > maxMessage {
			return fmt.Errorf("a message of %d bytes", size)
		}
		if len(rest) < prefixBytes+size {
			break
		}
		if err := take(rest[prefixBytes : prefixBytes+size]); err != nil {
			return err
		}
		rest = rest[prefixBytes+size:]
	}
	f.data = f.data[:copy(f.data, rest)]
	return f.grant(frame.Length)
}

// grant gives back to the server what was read of the window, when that is half of it.
func (f *flow) grant(size uint32) error {
	if f.spent += size; f.spent < streamWindow/2 {
		return nil
	}
	err := errors.Join(f.frames.WriteWindowUpdate(0, f.spent), f.frames.WriteWindowUpdate(streamID, f.spent), f.out.Flush())
	f.spent = 0
	return err
}

// ended says how the server has ended the stream.
func ended(h *http2.MetaHeadersFrame) error {
	var status, message string
	for _, field := range h.Fields {
		switch field.Name {
		case "grpc-status":
			status = field.Value
		case "grpc-message":
			message = field.Value
		}
	}
	return fmt.Errorf("the stream has ended with status %s: %s", status, message)
}
