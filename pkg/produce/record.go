package produce

// Record is what is put.
type Record struct {
	Key  string // the partition key, 1 to 256 characters
	Data []byte
	Line int // where it comes from, for messages; zero if nowhere
}

// size is what Kinesis counts of r.
func (r *Record) size() int { return len(r.Key) + len(r.Data) }
