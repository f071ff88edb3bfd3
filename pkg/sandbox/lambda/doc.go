// Package lambda is AWS Lambda on one machine: the API over REST, functions that run as child processes under the real
// Runtime API, and event source mappings for Kinesis.
//
// [New] makes a [Service]. It is an http.Handler for the API, and every action is a method, too, with the same checks
// and the same errors ([Error]). [Service.Close] ends every function and leaves no process behind. What a function needs
// of its surroundings comes in through small interfaces: [Objects] for code in S3, [eventsource.Streams] for Kinesis,
// [Destinations] for batches that could not be processed.
//
// A function is the zipped bootstrap that AWS would run (runtime provided.al2023, this machine's architecture).
// Sub-packages hold the parts that know nothing of the API: code unpacks archives, environment runs processes,
// eventsource reads streams.
//
// Followed: AWS Lambda API reference (model 2015-03-31), developer guide "Lambda quotas", "How Lambda processes records
// from stream and queue-based event sources", "Invoking a function asynchronously". See the sub-packages for more.
//
// [Ledger] tells what is done, simplified and left out; what is left out is refused by its name. [Service.Knobs] serves what
// tests turn to make functions misbehave.
//
// All methods may be called by several goroutines at once.
package lambda
