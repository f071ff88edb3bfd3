package logs

const (
	// DefaultMaxBytes is the budget of all events together: some 100,000 lines, little of a laptop's memory.
	DefaultMaxBytes = 16 << 20
	// MaxGroups bounds the groups, so that no caller can fill the memory with names.
	MaxGroups = 2000
	// MaxStreams bounds the streams of all groups together; beyond it the oldest events go.
	MaxStreams = 10_000
	// MaxEventBytes is the longest message, as on AWS since 2025.
	MaxEventBytes = 1 << 20
	// eventOverhead is what an event takes beside its text, counted against the budget so that empty ones are not free.
	eventOverhead = 128

	// maxRequestBytes bounds a request: a batch of events of 1 MB of which every byte is escaped, and room.
	maxRequestBytes = 6*MaxEventBytes + 64<<10
	// maxBatchEvents and maxBatchBytes bound what PutLogEvents takes at once; maxBatchOverhead is counted for each event.
	maxBatchEvents   = 10_000
	maxBatchBytes    = 1 << 20
	maxBatchOverhead = 26
	// maxRead is the most events that one call answers, and maxReadBytes the most bytes.
	maxRead      = 10_000
	maxReadBytes = 1 << 20
	// maxDescribed is the most groups or streams that one call answers.
	maxDescribed = 50
	maxName      = 512
	// maxPattern is the longest filter pattern.
	maxPattern = 1024
)
