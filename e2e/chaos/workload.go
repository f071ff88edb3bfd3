package main

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"strconv"
)

const (
	// keyCount is the number of partition keys: enough to spread over shards and lanes,
	// few enough for many records of each.
	keyCount = 128
	// Every roverEvery-th key reports from several states, roverStates of them: such a
	// key has an order in each of its topics.
	roverEvery, roverStates = 16, 3
	// Most records are small; one in largeEvery is not.
	smallPad, largePad, largeEvery = 250, 12_000, 100
)

// states are those that stations report from.
func states() []string {
	return []string{
		"ny", "nj", "ct", "ca", "wa", "or", "tx", "fl", "pa", "ma", "nh", "vt", "me", "ri", "oh", "mi", "il", "wi", "mn", "ia",
	}
}

// chain is what has an order: the records of a partition key in a topic.
type chain struct{ Topic, Key, State string }

// workload is what there is to put: for every chain, records with the numbers 1, 2, 3
// and so on. What is in a record follows from the seed, the chain and the number, so
// that whoever gets it can tell whether it is right. It does not change.
type workload struct {
	seed   uint64
	chains []chain
	keys   [][]int // the chains of each key
	index  map[chain]int
}

func newWorkload(seed uint64) *workload {
	w := &workload{seed: seed, keys: make([][]int, keyCount), index: map[chain]int{}}
	all := states()
	for i := range keyCount {
		key, visits := fmt.Sprintf("station-%03d", i), 1
		if i%roverEvery == roverEvery-1 {
			key, visits = fmt.Sprintf("rover-%03d", i), roverStates
		}
		for v := range visits {
			state := all[(i+v)%len(all)]
			c := chain{"weather.us." + state, key, state}
			w.index[c] = len(w.chains)
			w.keys[i] = append(w.keys[i], len(w.chains))
			w.chains = append(w.chains, c)
		}
	}
	return w
}

// find returns the chain of a topic and a key.
func (w *workload) find(topic, key string) (int, bool) {
	state := topic[min(len("weather.us."), len(topic)):]
	i, ok := w.index[chain{topic, key, state}]
	return i, ok
}

const numberPrefix = `{"number":`

// data is the record of a chain with a number.
func (w *workload) data(chain, number int) []byte {
	r := rand.New(rand.NewPCG(w.seed, uint64(chain)<<32|uint64(number)))
	nonce, pad := r.Uint64(), r.IntN(smallPad)
	if r.IntN(largeEvery) == 0 {
		pad = r.IntN(largePad)
	}
	b := make([]byte, 0, pad+80)
	b = append(b, numberPrefix...)
	b = strconv.AppendInt(b, int64(number), 10)
	b = append(b, `,"state":"`...)
	b = append(b, w.chains[chain].State...)
	b = append(b, `","nonce":"`...)
	b = strconv.AppendUint(b, nonce, 16)
	b = append(b, `","pad":"`...)
	b = append(b, bytes.Repeat([]byte{'.'}, pad)...)
	return append(b, `"}`...)
}

// number returns the number of a record of a chain, and whether the record is what it
// should be.
func (w *workload) number(chain int, data []byte) (int, bool) {
	rest, ok := bytes.CutPrefix(data, []byte(numberPrefix))
	if !ok {
		return 0, false
	}
	digits, _, _ := bytes.Cut(rest, []byte(","))
	n, err := strconv.Atoi(string(digits))
	if err != nil || n < 1 || n > maxRecords {
		return 0, false
	}
	return n, bytes.Equal(data, w.data(chain, n))
}

// fingerprint makes ids of events small to keep.
type fingerprint struct{ seed maphash.Seed }

func newFingerprint() fingerprint { return fingerprint{maphash.MakeSeed()} }

func (f fingerprint) of(id string) uint64 { return maphash.String(f.seed, id) }
