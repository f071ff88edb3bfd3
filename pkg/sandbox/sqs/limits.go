package sqs

import "time"

const (
	// DefaultMaxBytes is the budget of all messages together: thousands of failed batches, little of a laptop's memory.
	DefaultMaxBytes = 64 << 20
	// MaxQueues bounds the queues, so that no caller can fill the memory with names.
	MaxQueues = 1000
	// MaxMessageBytes is the longest message, SQS's own since August 2025.
	MaxMessageBytes = 1 << 20
	// maxInFlight is SQS's own limit of messages that were received and not deleted, per queue.
	maxInFlight = 120_000
	// messageOverhead is what a message takes beside its text, counted against the budget so that empty ones are not free.
	messageOverhead = 512

	// maxRequestBytes bounds a request: a message of which every byte is escaped, and room.
	maxRequestBytes = 6*MaxMessageBytes + 64<<10
	// maxQueueName is the longest name, in bytes.
	maxQueueName = 80
	// maxReceive is the most that one call may receive.
	maxReceive = 10
	// maxListed is the most that one page of queues may have.
	maxListed = 1000

	maxWait       = 20 * time.Second
	maxDelay      = 15 * time.Minute
	maxVisibility = 12 * time.Hour
)
