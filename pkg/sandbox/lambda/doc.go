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
// [Operations] is the table of all operations of the API, with what is done, simplified and left out; what is left out is
// refused by its name.
//
// Ledger, what is left out or simplified beside what that table says:
//   - unless Config.Keep says otherwise, nothing outlives the process but logs; asynchronous events never do;
//   - RevisionId is kept and checked; a policy, a role and a signature authorize nothing;
//   - an asynchronous event of a function that was deleted meanwhile is dropped and logged;
//   - of an alias that stands for two versions, each invocation goes to one of them by chance, also the attempts of one event;
//   - at most 100 environments run at once on this machine, whatever an account's concurrency is; invocations beyond that are
//     throttled with ConcurrentInvocationLimitExceeded;
//   - LoggingConfig: logs go to the group that it names, always as text; levels are not looked at;
//   - the texts of errors that are neither in the model nor recorded anywhere (weights of aliases, destinations of events) are
//     the sandbox's own.
//
// All methods may be called by several goroutines at once.
package lambda
