package eventlog

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// MaxEntryBytes is the size beyond which Append starts another entry: a reader
// takes an entry whole, so it bounds what a response holds beyond its limit. A
// single larger event is an entry of its own. With what Redis adds it fits into 64
// KiB; beyond that the allocator would round up by a fourth.
const MaxEntryBytes = 64<<10 - 256

// part is what goes into one lane.
type part struct {
	lane  int
	items []Item

	chunks  [][]byte // items as entries
	ahead   []byte   // the first of them, if it is sent ahead of the script
	aheadID *redis.StringCmd
	marks   []mark // what the script compares and sets
	markOf  []int  // by item: which of the marks is its; nil if there is one only
}

// mark says up to which sequence number something has been appended to a lane. A batch
// brings what is from first to last.
type mark struct{ field, first, last string }

// shardField is where the mark of a shard is.
func shardField(shard string) string { return "s:" + shard }

// keyField is where the mark of a partition key of a shard is. Keys are the producers'
// and may be long: what stands for one is 128 bits of SHA-256. Among a billion keys two
// are the same with a probability of about 10^-21, and nobody can make two that are.
func keyField(shard, key string) string {
	var scratch [512]byte // more than most have, so that it is no garbage
	sum := sha256.Sum256(append(append(append(scratch[:0], shard...), 0), key...))
	return string(sum[:16])
}

// marksOf returns the marks of items, and which of them is each item's.
func marksOf(shard string, items []Item, parallel bool) ([]mark, []int) {
	if !parallel {
		return []mark{{shardField(shard), items[0].Sequence, items[len(items)-1].Sequence}}, nil
	}
	var marks []mark
	markOf := make([]int, len(items))
	index := map[string]int{}
	for i, it := range items {
		at, ok := index[it.Key]
		if !ok {
			at = len(marks)
			index[it.Key] = at
			marks = append(marks, mark{field: keyField(shard, it.Key), first: it.Sequence})
		}
		marks[at].last = it.Sequence
		markOf[i] = at
	}
	return marks, markOf
}

// after returns the items that are after the marks that the script has answered.
func (p part) after(marks []string) ([]Item, error) {
	want := 1
	if p.markOf != nil {
		want = len(p.marks)
	}
	if len(marks) != want {
		return p.items, fmt.Errorf("answer of %d marks of the append script, want %d", len(marks), want)
	}
	var rest []Item
	for i, it := range p.items {
		at := 0
		if p.markOf != nil {
			at = p.markOf[i]
		}
		if sequenceLess(marks[at], it.Sequence) {
			rest = append(rest, it)
		}
	}
	if len(rest) == 0 {
		return p.items, errors.New("the append script answers that part of a batch is new, and marks after it")
	}
	return rest, errRepeat
}

// split groups items by lane, in their order.
func split(items []Item, lanes int) []part {
	of := make([]uint8, len(items)) // the lane of each, below MaxLanes
	var counts [MaxLanes]int
	for i := range items {
		if i > 0 && items[i].Topic == items[i-1].Topic {
			of[i] = of[i-1]
		} else {
			of[i] = uint8(LaneOf(items[i].Topic, lanes))
		}
		counts[of[i]]++
	}
	if len(items) > 0 && counts[of[0]] == len(items) {
		return []part{{lane: int(of[0]), items: items}}
	}
	var parts []part
	var at [MaxLanes]int // index in parts + 1
	sorted := make([]Item, 0, len(items))
	for i, lane := range of {
		if at[lane] == 0 {
			n := len(sorted)
			sorted = sorted[:n+counts[lane]]
			parts = append(parts, part{lane: int(lane), items: sorted[n:n]})
			at[lane] = len(parts)
		}
		p := &parts[at[lane]-1]
		p.items = append(p.items, items[i])
	}
	return parts
}

// chunk concatenates the events of items into entries of about MaxEntryBytes. It appends
// them to mem, and returns that as well.
func chunk(mem []byte, items []Item) (chunks [][]byte, extended []byte) {
	start := len(mem)
	for _, it := range items {
		if size := len(mem) - start; size > 0 && size+len(it.Bytes) > MaxEntryBytes {
			chunks, start = append(chunks, mem[start:]), len(mem)
		}
		mem = append(mem, it.Bytes...)
	}
	return append(chunks, mem[start:]), mem
}

// lowest returns the lowest sequence number of what is left: of the parts, or of all
// items if nothing was split yet.
func lowest(parts []part, items []Item) string {
	if len(parts) == 0 {
		parts = []part{{items: items}}
	}
	first := ""
	for _, p := range parts {
		for _, it := range p.items {
			if first == "" || sequenceLess(it.Sequence, first) {
				first = it.Sequence
			}
		}
	}
	return first
}

// sequenceLess compares sequence numbers, decimals without leading zeros.
func sequenceLess(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}
