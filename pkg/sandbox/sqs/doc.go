// Package sqs is an SQS in memory, as far as destinations of Lambda and topics of SNS need queues: who runs a function
// locally can see what ended in its queue, with the stock AWS CLI and the SDKs.
//
// [New] makes a [Service], an http.Handler for the API (protocol AWS JSON 1.0, which the SDKs and the CLI use) that can
// also be used directly: [Service.Send] delivers to the queue that an ARN names, [Service.Exists] says whether there is
// one, and the actions are methods.
//
// Followed: Amazon SQS API reference (model 2012-11-05), developer guide "Amazon SQS visibility timeout", "Amazon SQS
// short and long polling", "Amazon SQS message quotas".
//
// Actions: CreateQueue, DeleteQueue, GetQueueUrl, ListQueues, GetQueueAttributes, SetQueueAttributes, PurgeQueue,
// SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility. Every other one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - only the JSON protocol: the query protocol, which current clients no longer speak, is refused by name;
//   - nothing is kept after the process ends;
//   - standard queues only; FIFO queues, redrive policies, tags and message attributes are refused by name;
//   - Policy, KMS and SSE attributes are kept and shown, but authorize and encrypt nothing;
//   - a deleted queue can be made again at once, and a queue can be purged as often as one likes (AWS: 60 seconds);
//   - counts are exact, and a message is received in the order of its becoming visible; AWS promises neither;
//   - the message size limit is 1 MiB, as in the quotas since August 2025; older models say 256 KiB;
//   - beyond a byte budget for all queues, sending is refused with OverLimit, which AWS has for messages in flight only;
//   - the error types of parameters out of range (InvalidParameterValueException) are not in the model; no recording
//     of their JSON form was at hand.
//
// All methods may be called by several goroutines at once.
package sqs
