package client

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// A journal is lines of text. Each is the CRC-32C of the rest in hexadecimal, a
// blank, and JSON; the first is a journalHead, every other a journalLine. A line is
// written by one call, so a process that is killed leaves at most a last line that
// was cut short, which its checksum tells.
const (
	// journalFormat begins the head. Another version changes the number.
	journalFormat = "spillway position 1"
	// filteredFormat begins the head of a filter's position. Versions that know of no
	// filters read it as none of theirs, and do not take the position for an unfiltered
	// one.
	filteredFormat = "spillway filtered position 1"
	// checksumText is the length of the checksum with the blank after it.
	checksumText = 2*crc32.Size + 1
)

// journalHead says what the file is, and the checkpoint when it was made.
type journalHead struct {
	Format   string   `json:"format"`
	Patterns []string `json:"patterns,omitempty"`
	Filter   string   `json:"filter,omitempty"`
	journalLine
}

func formatOf(filter string) string {
	if filter == "" {
		return journalFormat
	}
	return filteredFormat
}

// journalLine is a Progress.
type journalLine struct {
	Cursor  Cursor   `json:"cursor,omitzero"`
	Handled []string `json:"handled,omitempty"`
	Keep    int      `json:"keep"`
}

// journal is what a file holds.
type journal struct {
	patterns []string
	filter   string
	state    Checkpoint
	keep     int
	base     int // bytes of the head
	size     int // bytes of the intact lines; what follows was cut short
}

// appendLine appends v as a line.
func appendLine(text []byte, v any) ([]byte, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return text, err
	}
	sum := binary.BigEndian.AppendUint32(nil, checksum(payload))
	text = append(hex.AppendEncode(text, sum), ' ')
	return append(append(text, payload...), '\n'), nil
}

func checksum(payload []byte) uint32 {
	return crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli))
}

// cutLine returns the payload of the first line of text and the line's length; ok
// is false if the line is not intact.
func cutLine(text []byte) (payload []byte, n int, ok bool) {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return nil, len(text), false
	}
	n = end + 1
	if end < checksumText || text[checksumText-1] != ' ' {
		return nil, n, false
	}
	sum, err := hex.DecodeString(string(text[:checksumText-1]))
	payload = text[checksumText:end]
	return payload, n, err == nil && binary.BigEndian.Uint32(sum) == checksum(payload)
}

// decodeJournal reads a file. A last line that was cut short is left out; anything
// else that is not as it was written is an error.
func decodeJournal(text []byte) (journal, error) {
	if len(text) == 0 {
		return journal{}, errors.New("it is empty, which Spillway leaves no position file; remove it to begin anew")
	}
	payload, n, ok := cutLine(text)
	var head journalHead
	if !ok || json.Unmarshal(payload, &head) != nil {
		return journal{}, errors.New("its first line is none of a position file, or damaged; remove it to begin anew")
	}
	if want := formatOf(head.Filter); head.Format != want {
		return journal{}, fmt.Errorf("its format is %.40q, must be %q: another version of Spillway wrote it", head.Format, want)
	}
	j := journal{patterns: head.Patterns, filter: head.Filter, base: n}
	if err := j.take(head.journalLine, n); err != nil {
		return journal{}, err
	}
	for j.size < len(text) {
		payload, n, ok := cutLine(text[j.size:])
		if !ok {
			return j, j.checkRest(text[j.size+n:])
		}
		var line journalLine
		if err := json.Unmarshal(payload, &line); err != nil {
			return journal{}, fmt.Errorf("the line at byte %d: %w", j.size, err)
		}
		if err := j.take(line, n); err != nil {
			return journal{}, err
		}
	}
	return j, nil
}

// take applies a line of n bytes.
func (j *journal) take(line journalLine, n int) error {
	if line.Keep < 0 {
		return fmt.Errorf("the line at byte %d: keep is %d, must not be negative", j.size, line.Keep)
	}
	j.state.Apply(Progress(line))
	j.keep = line.Keep
	j.size += n
	return nil
}

// checkRest refuses an intact line after one that is not: what a crash cuts short
// is the last.
func (j *journal) checkRest(rest []byte) error {
	for len(rest) > 0 {
		_, n, ok := cutLine(rest)
		if ok {
			return fmt.Errorf("it is damaged at byte %[1]d, and what follows is intact, so that no crash did it; remove it to begin anew, or cut it there (truncate -s %[1]d) to have what was handled later come again", j.size)
		}
		rest = rest[n:]
	}
	return nil
}
