// Package sns is an SNS in memory, as far as destinations of Lambda need topics: a topic hands what is published to the
// queues that subscribed to it.
//
// [New] makes a [Service], an http.Handler for the API (query protocol, which the SDKs and the CLI use) that can also be
// used directly: [Service.Publish] publishes to the topic that an ARN names, [Service.Exists] says whether there is one.
// Queues come in through [Queues].
//
// Followed: Amazon SNS API reference (2010-03-31), developer guide "Amazon SNS message and JSON formats", "Amazon SNS raw
// message delivery".
//
// Actions: CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes, Subscribe, Unsubscribe,
// ListSubscriptions, ListSubscriptionsByTopic, GetSubscriptionAttributes, SetSubscriptionAttributes, Publish. Every other one
// is refused by its name.
//
// Ledger, what is left out or simplified:
//   - nothing is kept after the process ends;
//   - standard topics and subscriptions of SQS queues in the same account only; FIFO topics, tags, message attributes,
//     message structure, filter and redrive policies, and every other protocol are refused by name;
//   - Policy, DisplayName and KMS attributes are kept and shown, but authorize and encrypt nothing;
//   - the Signature of a notification is no signature, and its certificate does not exist;
//   - what a queue does not take is logged and lost; AWS retries.
//
// All methods may be called by several goroutines at once.
package sns
