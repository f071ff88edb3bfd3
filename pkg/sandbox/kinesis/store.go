package kinesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/journal"
)

// The names of what is in the directory of a store.
const (
	snapshotFile = "streams.json"
	recordsDir   = "records"
)

// store keeps streams and records in a directory: a snapshot of the streams, which
// is replaced at every change of them, and a log of records for each shard. A nil
// store keeps nothing.
type store struct {
	dir  string
	lock *os.File
}

// Open makes a Service that keeps its streams and records in a directory, and has
// those that are there. What was acknowledged survives the end of the process,
// whatever its cause; the machine's is up to the operating system. Iterators and
// tokens do not survive. Close ends the use of the directory.
func Open(cfg Config, dir string) (*Service, error) {
	s := New(cfg)
	if err := os.MkdirAll(filepath.Join(dir, recordsDir), 0o700); err != nil {
		return nil, fmt.Errorf("kinesis: %w", err)
	}
	lock, err := journal.Lock(dir)
	if err != nil {
		return nil, fmt.Errorf("kinesis: %w", err)
	}
	s.store = &store{dir: dir, lock: lock}
	if err := s.restore(); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("kinesis: restore %s: %w", dir, err)
	}
	return s, nil
}

// restore reads the snapshot and the records.
func (s *Service) restore() error {
	raw, err := os.ReadFile(filepath.Join(s.store.dir, snapshotFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var saved snapshot
	if err := json.Unmarshal(raw, &saved); err != nil {
		return fmt.Errorf("%s: %w", snapshotFile, err)
	}
	s.settings.Store(&settings{started: saved.Started, ended: saved.Ended})
	all := map[string]*stream{}
	for _, one := range saved.Streams {
		st, err := s.restoreStream(one)
		if err != nil {
			return err
		}
		if err := s.restoreRecords(st); err != nil {
			return fmt.Errorf("stream %s: %w", one.Name, err)
		}
		all[st.name] = st
	}
	s.streams.Store(&all)
	return s.store.clean(all)
}

func (s *Service) restoreRecords(st *stream) error {
	state := st.state.Load()
	for _, sh := range state.shards {
		log, next, err := journal.Open(s.store.shardDir(st, sh), func(r journal.Record) { sh.restore(r) })
		if err != nil {
			return err
		}
		sh.journal, sh.nextIndex = log, max(sh.nextIndex, next)
		if state.phase == StatusDeleting {
			sh.remove()
		}
	}
	return nil
}

// restore adds a record that was read from the log. It counts against the memory,
// whether there is room or not: it had been accepted.
func (sh *shard) restore(r journal.Record) {
	q := sequence{created: sh.created, shard: sh.index, index: r.Index, arrived: r.Arrived / 1000}
	sh.lastSeq, sh.lastArrived = q.number(), r.Arrived
	e := entry{seq: sh.lastSeq, arrived: r.Arrived, key: r.Key, data: r.Data, encrypted: r.Encrypted}
	sh.memory.used.Add(int64(e.size() + recordOverhead))
	sh.log = append(sh.log, e)
}

// streamDir is where the records of a stream are; another one of the same name has another.
func (d *store) streamDir(st *stream) string {
	return filepath.Join(d.dir, recordsDir, st.name+"-"+strconv.FormatInt(st.created.UnixNano(), 10))
}

func (d *store) shardDir(st *stream, sh *shard) string { return filepath.Join(d.streamDir(st), sh.id) }

// clean removes the records of streams that are gone.
func (d *store) clean(all map[string]*stream) error {
	known := map[string]bool{}
	for _, st := range all {
		known[filepath.Base(d.streamDir(st))] = true
	}
	entries, err := os.ReadDir(filepath.Join(d.dir, recordsDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !known[e.Name()] {
			if err := os.RemoveAll(filepath.Join(d.dir, recordsDir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// attach gives the new shards of a stream their logs, which are empty. Nobody else
// knows these shards yet.
func (s *Service) attach(st *stream, shards []*shard) error {
	if s.store == nil {
		return nil
	}
	for _, sh := range shards {
		if sh.journal != nil {
			continue
		}
		log, _, err := journal.Open(s.store.shardDir(st, sh), func(journal.Record) {})
		if err != nil {
			s.cfg.Logger.Error("records of a new shard cannot be kept", slog.Any("error", err))
			return errInternal()
		}
		sh.journal = log
	}
	return nil
}

// save writes the snapshot of all streams, with changed instead of the one of its
// name. The caller holds control.
func (s *Service) save(all map[string]*stream, changed *stream, state *streamState) error {
	if s.store == nil {
		return nil
	}
	now, account := s.now(), s.settings.Load()
	out := snapshot{Started: account.started, Ended: account.ended}
	for _, st := range all {
		of := st.state.Load()
		if st == changed {
			of = state
		}
		if !of.gone(now) {
			out.Streams = append(out.Streams, saveStream(st, of))
		}
	}
	raw, err := json.Marshal(out)
	if err == nil {
		err = journal.Replace(filepath.Join(s.store.dir, snapshotFile), raw)
	}
	if err != nil {
		s.cfg.Logger.Error("streams not saved", slog.Any("error", err))
		return errInternal()
	}
	return nil
}

// persist writes records to the shard's log; if that fails, it takes them back.
// The caller holds the shard's mutex, and the records are the last of sh.log.
func (sh *shard) persist(batch []*pending, n int) {
	if sh.journal == nil || n == 0 {
		return
	}
	fresh := sh.log[len(sh.log)-n:]
	records := make([]journal.Record, n)
	for i, e := range fresh {
		records[i] = journal.Record{Index: e.index(), Arrived: e.arrived, Encrypted: e.encrypted, Key: e.key, Data: e.data}
	}
	if err := sh.journal.Append(records); err == nil {
		return
	}
	for i := range fresh {
		sh.memory.release(fresh[i].size() + recordOverhead)
	}
	clear(fresh)
	sh.log = sh.log[:len(sh.log)-n]
	for _, p := range batch {
		if p.state == appended {
			p.state = notSaved
		}
	}
}

// index is the place of a record in its shard's sequence.
func (e *entry) index() uint64 { return e.seq.bits(seqIndexBit, indexBits) }

// indexBits is the width of the index in a sequence number.
const indexBits = 64

// dropSaved deletes what the shard's log no longer needs. The caller holds the shard's mutex.
func (sh *shard) dropSaved() {
	if sh.journal == nil {
		return
	}
	first := sh.nextIndex
	if len(sh.log) > 0 {
		first = sh.log[0].index()
	}
	_ = sh.journal.DropBefore(first) // what is left over is dropped the next time
}

// close ends the use of the directory: puts fail from now on.
func (s *Service) closeStore() {
	if s.store == nil {
		return
	}
	s.eachShard(func(_ *stream, sh *shard) {
		if sh.journal != nil {
			_ = sh.journal.Stop() // every record was written before
		}
	})
	_ = s.store.lock.Close()
}

// removeStored deletes the records of a stream.
func (s *Service) removeStored(st *stream) {
	if s.store == nil {
		return
	}
	if err := os.RemoveAll(s.store.streamDir(st)); err != nil {
		s.cfg.Logger.Warn("records of a deleted stream are left over", slog.Any("error", err))
	}
}
