package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	// segmentBytes is the size from which a segment gets a successor.
	segmentBytes = 8 << 20
	// frameBytes is the length and the checksum before a record.
	frameBytes = 8
	// fixedBytes is what a record has besides key and data: index, arrival, flags and the key's length.
	fixedBytes = 8 + 8 + 1 + 2
	// maxRecordBytes bounds what a frame can say of its length: data of 10 MiB and a key.
	maxRecordBytes = 11 << 20

	suffix        = ".log"
	flagEncrypted = 1
)

// Record is a record of a shard. Index grows from record to record.
type Record struct {
	Index     uint64
	Arrived   int64 // milliseconds since 1970
	Encrypted bool
	Key       string
	Data      []byte
}

// Log is the log of a shard. Make it with Open.
type Log struct {
	dir      string
	segments []uint64 // the index that each begins with
	file     *os.File // the last segment, once it is written to
	size     int64
	broken   error // of a write that could not be undone
	buf      []byte
}

// Open opens the log in a directory, which need not exist, and calls replay with
// every record, in order. next is an index that no record had yet, 0 for an empty log.
func Open(dir string, replay func(Record)) (l *Log, next uint64, err error) {
	l = &Log{dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	for _, e := range entries {
		if text, ok := strings.CutSuffix(e.Name(), suffix); ok {
			first, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return nil, 0, fmt.Errorf("%s: not a segment of a log: %w", filepath.Join(dir, e.Name()), err)
			}
			l.segments = append(l.segments, first)
		}
	}
	slices.Sort(l.segments)
	for i, first := range l.segments {
		next = max(next, first)
		last := i == len(l.segments)-1
		if err := l.read(first, last, func(r Record) { next = r.Index + 1; replay(r) }); err != nil {
			return nil, 0, err
		}
	}
	return l, next, nil
}

func (l *Log) path(first uint64) string {
	return filepath.Join(l.dir, fmt.Sprintf("%020d%s", first, suffix))
}

// read reads a segment. What follows the last whole record is cut off in the last
// segment, and is damage in another.
func (l *Log) read(first uint64, last bool, replay func(Record)) error {
	path := l.path(first)
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	offset := 0
	for offset < len(raw) {
		r, n, ok := decode(raw[offset:])
		if !ok {
			break
		}
		replay(r)
		offset += n
	}
	l.size = int64(offset)
	switch {
	case offset == len(raw):
		return nil
	case !last:
		return fmt.Errorf("%s is damaged at byte %d", path, offset)
	default:
		return os.Truncate(path, int64(offset))
	}
}

// decode reads the record at the beginning of raw and tells its length.
func decode(raw []byte) (r Record, n int, ok bool) {
	if len(raw) < frameBytes {
		return Record{}, 0, false
	}
	length := binary.BigEndian.Uint32(raw)
	if length < fixedBytes || length > maxRecordBytes || uint64(len(raw)-frameBytes) < uint64(length) {
		return Record{}, 0, false
	}
	body := raw[frameBytes : frameBytes+int(length)]
	keyEnd := fixedBytes + int(binary.BigEndian.Uint16(body[fixedBytes-2:]))
	if crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(raw[4:]) || keyEnd > len(body) {
		return Record{}, 0, false
	}
	return Record{
		Index:     binary.BigEndian.Uint64(body),
		Arrived:   int64(binary.BigEndian.Uint64(body[8:])),
		Encrypted: body[16]&flagEncrypted != 0,
		Key:       string(body[fixedBytes:keyEnd]),
		Data:      body[keyEnd:len(body):len(body)],
	}, frameBytes + int(length), true
}

// encode appends a record with its frame.
func encode(dst []byte, r Record) []byte {
	begin := len(dst)
	dst = append(dst, make([]byte, frameBytes)...)
	dst = binary.BigEndian.AppendUint64(dst, r.Index)
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.Arrived))
	flags := byte(0)
	if r.Encrypted {
		flags = flagEncrypted
	}
	dst = append(dst, flags)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Key)))
	dst = append(dst, r.Key...)
	dst = append(dst, r.Data...)
	body := dst[begin+frameBytes:]
	binary.BigEndian.PutUint32(dst[begin:], uint32(len(body)))
	binary.BigEndian.PutUint32(dst[begin+4:], crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	return dst
}

// Append writes records, whose indexes go on from those before, at once. On an
// error none of them is in the log.
func (l *Log) Append(records []Record) error {
	if l.broken != nil || len(records) == 0 {
		return l.broken
	}
	if err := l.prepare(records[0].Index); err != nil {
		return err
	}
	l.buf = l.buf[:0]
	for _, r := range records {
		l.buf = encode(l.buf, r)
	}
	n, err := l.file.Write(l.buf)
	if cap(l.buf) > segmentBytes {
		l.buf = nil
	}
	if err != nil {
		if undo := l.file.Truncate(l.size); undo != nil && n > 0 {
			l.broken = fmt.Errorf("%s cannot be written any more: %w", l.file.Name(), errors.Join(err, undo))
		}
		return err
	}
	l.size += int64(n)
	return nil
}

// prepare opens the segment to write to, a new one if the last has its size.
func (l *Log) prepare(index uint64) error {
	if len(l.segments) > 0 && l.size < segmentBytes {
		if l.file != nil {
			return nil
		}
		return l.open(l.segments[len(l.segments)-1])
	}
	if err := l.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	if err := l.open(index); err != nil {
		return err
	}
	l.segments, l.size = append(l.segments, index), 0
	return nil
}

func (l *Log) open(first uint64) (err error) {
	l.file, err = os.OpenFile(l.path(first), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return err
}

// DropBefore deletes the segments that have no record with the index or a later
// one. The last segment stays: it tells which indexes there were.
func (l *Log) DropBefore(index uint64) error {
	for len(l.segments) > 1 && l.segments[1] <= index {
		if err := os.Remove(l.path(l.segments[0])); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		l.segments = l.segments[1:]
	}
	return nil
}

// Close closes the file. A later Append opens it again.
func (l *Log) Close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// Stop closes the file for good: each Append fails with os.ErrClosed.
func (l *Log) Stop() error {
	l.broken = os.ErrClosed
	return l.Close()
}
