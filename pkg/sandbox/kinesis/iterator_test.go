package kinesis_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

func TestIteratorLooksLikeAWSs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	// Lengths recorded from AWS: kinesalite test/helpers.js, assertShardIterator.
	for _, n := range []int{1, 13, 14, 29, 30, 128} {
		name := strings.Repeat("n", n)
		w.create(t, name, 1)
		in := kinesis.GetShardIteratorInput{StreamName: name, ShardId: "anything-0", ShardIteratorType: "TRIM_HORIZON"}
		a, b := w.iterator(t, in), w.iterator(t, in)
		if a == b {
			t.Error("two iterators for the same place are the same")
		}
		raw, err := base64.StdEncoding.DecodeString(a)
		if err != nil {
			t.Fatal(err)
		}
		if want := 152 + (n+2)/16*16; len(raw) != want || string(raw[:8]) != "\x00\x00\x00\x00\x00\x00\x00\x01" {
			t.Errorf("name of %d: %d bytes starting %x, want %d", n, len(raw), raw[:8], want)
		}
		if out, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: a, StreamARN: arnOf(name)}); err != nil || out.NextShardIterator == a {
			t.Errorf("name of %d: %v", n, err)
		}
	}
}

func TestIteratorExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	iter := w.iterator(t, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "LATEST"})
	w.clock.advance(300 * time.Second)
	if _, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iter}); err != nil {
		t.Errorf("after 300 s: %v", err)
	}
	w.clock.advance(time.Second)
	_, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iter})
	const want = "ExpiredIteratorException: Iterator expired. The iterator was created at time Wed Mar 04 05:06:07 UTC 2026 " +
		"while right now it is Wed Mar 04 05:11:08 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds."
	if err == nil || err.Error() != want {
		t.Errorf("after 301 s:\n got %v\nwant %s", err, want)
	}
}

func TestIteratorOfDeletedStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 2)
	in := kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "LATEST"}
	zero := w.iterator(t, in)
	in.ShardId = "1"
	one := w.iterator(t, in)
	if err := w.DeleteStream(t.Context(), kinesis.DeleteStreamInput{StreamName: "s"}); err != nil {
		t.Fatal(err)
	}
	// Recorded from AWS: kinesalite test/getRecords.js.
	read := func(iter string) string {
		_, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iter})
		if err == nil {
			return ""
		}
		return err.Error()
	}
	const gone = "ResourceNotFoundException: Shard shardId-00000000000%s in stream s under account 123456789012 does not exist"
	if got, want := read(zero), strings.Replace(gone, "%s", "0", 1); got != want {
		t.Errorf("deleted stream: %q, want %q", got, want)
	}
	w.create(t, "s", 1)
	if got, want := read(one), strings.Replace(gone, "%s", "1", 1); got != want {
		t.Errorf("made again with fewer shards: %q, want %q", got, want)
	}
	if got := read(zero); got != "" {
		t.Errorf("made again: %q, want records", got)
	}
}

func TestIteratorIsTamperProof(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, nil), newWorld(t, nil)
	w.create(t, "s", 1)
	other.create(t, "s", 1)
	good := w.iterator(t, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "LATEST"})
	raw, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := append([]byte(nil), raw...)
		bad[i] ^= 1
		_, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: base64.StdEncoding.EncodeToString(bad)})
		if err == nil || err.Error() != "InvalidArgumentException: Invalid ShardIterator." {
			t.Fatalf("with byte %d changed: %v", i, err)
		}
	}
	if _, err := other.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: good}); code(err) != kinesis.CodeInvalidArgument {
		t.Errorf("in another process: %v", err)
	}
}

func TestIteratorAtSequenceNumberAndTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	w.put(t, "s", "k", "a")
	w.clock.advance(time.Second)
	b := w.put(t, "s", "k", "b")
	at := w.clock.Now()
	w.clock.advance(time.Second)
	w.put(t, "s", "k", "c")
	for _, c := range []struct {
		name string
		in   kinesis.GetShardIteratorInput
		want string
	}{
		{"at", kinesis.GetShardIteratorInput{ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: b.SequenceNumber}, "b c"},
		{"after", kinesis.GetShardIteratorInput{ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: b.SequenceNumber}, "c"},
		{"timestamp", kinesis.GetShardIteratorInput{ShardIteratorType: "AT_TIMESTAMP", Timestamp: at}, "b c"},
		{"timestamp 0", kinesis.GetShardIteratorInput{ShardIteratorType: "AT_TIMESTAMP", Timestamp: time.Unix(0, 0)}, "a b c"},
		{"trim horizon", kinesis.GetShardIteratorInput{ShardIteratorType: "TRIM_HORIZON"}, "a b c"},
		{"latest", kinesis.GetShardIteratorInput{ShardIteratorType: "LATEST"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.StreamARN, c.in.ShardId = arnOf("s"), shard0
			out, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: w.iterator(t, c.in)})
			if err != nil || datas(out.Records) != c.want {
				t.Errorf("read %q, %v; want %q", datas(out.Records), err, c.want)
			}
		})
	}
}
