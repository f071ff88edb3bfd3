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
// Actions: CreateFunction, GetFunction, GetFunctionConfiguration, UpdateFunctionCode, UpdateFunctionConfiguration,
// DeleteFunction, ListFunctions, Invoke, PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency,
// TagResource, UntagResource, ListTags, CreateEventSourceMapping, GetEventSourceMapping, UpdateEventSourceMapping,
// DeleteEventSourceMapping, ListEventSourceMappings. Every other one is refused with UnknownOperationException.
//
// Ledger, what is left out or simplified:
//   - nothing outlives the process but logs: functions and mappings are to be created again;
//   - only runtime provided.al2023, package type Zip and the machine's architecture; others are refused by name;
//   - no versions and aliases: Publish is refused, the only qualifier is $LATEST;
//   - refused by name: Layers, FileSystemConfigs, ImageConfig, CodeSigningConfigArn, DeadLetterConfig, SnapStart, KMS key of the
//     code, S3ObjectVersion; in mappings FilterCriteria, TumblingWindowInSeconds, ScalingConfig, KMSKeyArn, MetricsConfig,
//     ProvisionedPollerConfig, Tags, OnSuccess and every source but Kinesis streams;
//   - accepted and shown, but without effect: VpcConfig, TracingConfig, LoggingConfig (its LogGroup is told to the function),
//     EphemeralStorage, KMSKeyArn, Role (no permission is checked);
//   - a new function says Pending in the answer and is Active from then on; an update is complete with its answer;
//   - asynchronous invocations are retried twice after 1 and 2 minutes, at most 6 hours; they have no destinations and no
//     dead-letter queue, and are lost when the service closes;
//   - GetFunction names no Location of the code;
//   - RevisionId is kept and checked, LastUpdateStatus is always Successful.
//
// All methods may be called by several goroutines at once.
package lambda
