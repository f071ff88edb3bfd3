package produce

const (
	// maxBatchRecords is Kinesis's limit for a PutRecords request.
	maxBatchRecords = 500
	// maxBatchBytes keeps a request within what PutRecords took before October 2025
	// (5 MiB with the keys), which other implementations still have.
	maxBatchBytes = 5 << 20

	// The look-ahead: four full requests, and no more memory than this. A record
	// beyond is read when there is room.
	maxQueueRecords = 4 * maxBatchRecords
	maxQueueBytes   = 32 << 20
)

// queue holds the records that are read and not yet in the stream, in order.
type queue struct {
	records []Record
	bytes   int
}

func (q *queue) push(r Record) {
	q.records = append(q.records, r)
	q.bytes += r.size()
}

func (q *queue) full() bool {
	return len(q.records) >= maxQueueRecords || q.bytes >= maxQueueBytes
}

// batch returns the indices of the records for one request, at most limit: the
// oldest of each key. A record that alone exceeds maxBatchBytes goes alone.
func (q *queue) batch(limit int) []int {
	var picked []int
	bytes := 0
	taken := make(map[string]struct{})
	for i := range q.records {
		r := &q.records[i]
		if _, ok := taken[r.Key]; ok {
			continue
		}
		taken[r.Key] = struct{}{}
		if len(picked) > 0 && bytes+r.size() > maxBatchBytes {
			continue // a smaller one of another key may fit
		}
		picked = append(picked, i)
		bytes += r.size()
		if len(picked) == limit {
			break
		}
	}
	return picked
}

// remove takes out the records at the indices, which ascend.
func (q *queue) remove(indices []int) {
	if len(indices) == 0 {
		return
	}
	kept := q.records[:indices[0]]
	for i := indices[0]; i < len(q.records); i++ {
		if len(indices) > 0 && indices[0] == i {
			q.bytes -= q.records[i].size()
			indices = indices[1:]
			continue
		}
		kept = append(kept, q.records[i])
	}
	clear(q.records[len(kept):]) // let go of the data
	q.records = kept
}
