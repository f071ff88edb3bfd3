package kinesis

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
)

// random is where ids and tokens come from: chance, or a seed that makes them the
// same each time.
type random struct{ seeded atomic.Pointer[seeded] }

// seeded is what comes of a seed.
type seeded struct {
	mu   sync.Mutex // guards what follows
	from *mathrand.ChaCha8
}

// Read fills p; it never fails.
func (r *random) Read(p []byte) (int, error) {
	s := r.seeded.Load()
	if s == nil {
		return rand.Read(p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.Read(p)
}

func (r *random) seed(seed uint64) {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	r.seeded.Store(&seeded{from: mathrand.NewChaCha8(key)})
}
