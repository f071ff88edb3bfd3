package eventsource

// tracker knows which records of a shard are finished when several lanes finish them out of order. What it holds is
// bounded by source.full, which stops reading when there is too much of it.
type tracker struct {
	mark  Position // after the last record before which all are finished
	open  []string // sequence numbers that were read, in order, from the first unfinished one on
	ready map[string]struct{}
	next  Position // after the last record that was read
}

func (t *tracker) add(sequenceNumber string) { t.open = append(t.open, sequenceNumber) }

// end says where the last read ended.
func (t *tracker) end(next Position) { t.next = next }

func (t *tracker) done(sequenceNumber string) {
	if t.ready == nil {
		t.ready = make(map[string]struct{})
	}
	t.ready[sequenceNumber] = struct{}{}
	for len(t.open) > 0 {
		first := t.open[0]
		if _, ok := t.ready[first]; !ok {
			return
		}
		delete(t.ready, first)
		t.open = t.open[1:]
		t.mark = Position{Kind: AfterSequence, SequenceNumber: first}
	}
}

// checkpoint is the position to go on from, and whether everything that was read is finished.
func (t *tracker) checkpoint() (Position, bool) {
	if len(t.open) == 0 && t.next.Kind != "" {
		return t.next, true
	}
	return t.mark, len(t.open) == 0
}
