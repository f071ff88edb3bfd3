package eventsource

import "github.com/spillway/spillway/pkg/sandbox/ledger"

// Ledger tells how event source mappings differ from AWS's.
func Ledger() ledger.Service {
	return ledger.Service{
		Name: "Lambda: event source mappings of Kinesis", Package: "pkg/sandbox/lambda/eventsource",
		Behaviours: behaviours(), Unproven: unproven(),
	}
}

// behaviours are what is simplified or left out.
func behaviours() []ledger.Behaviour {
	return []ledger.Behaviour{
		{Title: "Latency", Text: "A shard is read at once when a record arrives; AWS polls it once a second. An interval can be set to do as AWS does (SPILLWAY_SANDBOX_POLL_INTERVAL=1s)."},
		{Title: "Limits of shards", Text: "What a mapping reads does not count against the reads and bytes per second of a shard. A consumer with enhanced fan-out has the throughput of Kinesis's subscriptions."},
		{Title: "Shards", Text: "They are listed again when one is drained and every ten seconds, so that those of a stream that was deleted and made anew are found."},
		{Title: "Far behind", Text: "With a parallelization factor above 1, a partition key that fails holds up the others of its shard once the greater of 10,000 records and two batches for every lane have been read after it, or 24 MB wait."},
		{Title: "Restarts", Text: "A mapping that is changed, disabled or restarted goes on from its checkpoint, which is before the lowest record that is not done: with a parallelization factor above 1 some records are delivered again. After a crash so are those of checkpoints that were not written yet."},
		{Title: "Expired records", Text: "With neither retries nor age limited, a batch is retried until its records leave the stream; then they are given up as RecordAgeExceeded. Those that left it unread are not told."},
		{Title: "Destinations", Text: "A message that the destination does not take is offered three times, then logged and dropped."},
		{Title: "Tumbling windows", Text: "The last invocation of a window has no records. It is repeated until it succeeds, whatever the retries are limited to: the guide says that nothing is processed before. An answer of null for the state is the empty one."},
		{Title: "Metrics", Text: "MetricsConfig is kept and shown; there are no metrics."},
		{Title: "Left out", Text: "Sources other than Kinesis, KMSKeyArn, ProvisionedPollerConfig, ScalingConfig, tags of mappings and destinations of successes are refused by name."},
	}
}

// unproven are texts and choices that no recording of AWS proves.
func unproven() []ledger.Behaviour {
	return []ledger.Behaviour{
		{Title: "Pauses", Text: "Between failed attempts there is one second, doubled up to ten, less up to a fifth; AWS was seen to make about eight attempts a minute. Also before the halves of a batch."},
		{Title: "Bisect", Text: "The halves are tried in order, the first has the odd record, and a batch that is split begins its retries anew."},
		{Title: "Parallelization factor", Text: "A partition key's lane is its FNV-1a hash modulo the factor."},
		{Title: "Batching window", Text: "It begins anew after each invocation and, while there are none, after each window without records."},
		{Title: "Partial batch response", Text: "One that is not empty and no JSON object fails the whole batch; so does one that names a record that is not in the batch."},
		{Title: "Large records", Text: "A single record whose event passes 6 MB is a batch that fails, and its message has no responseContext."},
		{Title: "Boundaries of tumbling windows", Text: "They are the multiples of the length since 1970, by the time of arrival. A state that passes 1 MB (1,048,576 bytes) leads to an invocation without records, with that state and isWindowTerminatedEarly; the same window then goes on with an empty state."},
		{Title: "Filters", Text: "Besides partitionKey, sequenceNumber, approximateArrivalTimestamp, kinesisSchemaVersion and data a filter may name the members of the event's record. A pattern of data must name fields: a list of values for data is refused as no JSON. A number listed as a value matches the same digits only. What patterns are refused follows github.com/aws/event-ruler."},
		{Title: "Enhanced fan-out", Text: "eventSourceARN of a record and streamArn of a failure are the consumer's ARN."},
		{Title: "Deleted streams", Text: "Of a shard that its stream has no longer, what has been read is still delivered; the mapping stays Enabled and says PROBLEM: Stream could not be read. Of a stream made anew within the second in which the one before was made, the first records may be missed."},
		{Title: "Texts", Text: "Those of a record age below 60, of a parallelization factor with tumbling windows, of more than five filters, of unknown destinations and of a missing timestamp are neither in the model nor recorded anywhere at hand."},
		{Title: "States", Text: "A mapping that is Creating, Updating, Enabling, Disabling or Deleting is in use for changes and for deletion (ResourceInUseException), as the API's reference says; it stays so until its running invocations have ended. One that is made disabled shows Creating, then Disabled."},
	}
}
