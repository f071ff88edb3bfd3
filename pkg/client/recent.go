package client

// DefaultDedupWindow is how many event ids a stream remembers to recognise a
// repetition: more than one Lambda batch (10,000 records), which is what comes
// again when the log's last write is lost and repeated. It costs about 2 MB.
const DefaultDedupWindow = 16384

// recent remembers the last ids, in a ring.
type recent struct {
	ring []string
	next int
	seen map[string]struct{}
}

func newRecent() *recent {
	return &recent{seen: make(map[string]struct{})}
}

// has tells whether id is among the remembered ones.
func (r *recent) has(id string) bool {
	_, ok := r.seen[id]
	return ok
}

// add remembers id, which it does not have, and forgets the oldest beyond limit.
func (r *recent) add(id string, limit int) {
	if len(r.ring) < limit {
		r.ring = append(r.ring, id)
	} else {
		delete(r.seen, r.ring[r.next])
		r.ring[r.next] = id
		r.next = (r.next + 1) % limit
	}
	r.seen[id] = struct{}{}
}
