package client

// DefaultDedupWindow is how many event ids a stream remembers to recognise a
// repetition: more than one Lambda batch (10,000 records), which is what comes
// again when the log's last write is lost and repeated. It costs about 2 MB.
const DefaultDedupWindow = 16384

// recent remembers the last ids, up to limit, in a ring.
type recent struct {
	limit int
	ring  []string
	next  int
	seen  map[string]struct{}
}

func newRecent(limit int) *recent {
	return &recent{limit: limit, seen: make(map[string]struct{})}
}

// restore remembers ids, all of them, before any other.
func (r *recent) restore(ids []string) {
	r.limit = max(r.limit, len(ids))
	for _, id := range ids {
		if !r.has(id) {
			r.add(id)
		}
	}
}

// has tells whether id is among the remembered ones.
func (r *recent) has(id string) bool {
	_, ok := r.seen[id]
	return ok
}

// add remembers id, which it does not have, and forgets the oldest beyond limit.
func (r *recent) add(id string) {
	if len(r.ring) < r.limit {
		r.ring = append(r.ring, id)
	} else {
		delete(r.seen, r.ring[r.next])
		r.ring[r.next] = id
		r.next = (r.next + 1) % r.limit
	}
	r.seen[id] = struct{}{}
}
