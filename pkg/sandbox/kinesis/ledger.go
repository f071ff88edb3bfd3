package kinesis

import (
	"maps"
	"slices"

	"github.com/spillway/spillway/pkg/sandbox/ledger"
)

// simplified gives what is not AWS's in an operation that is served, by its name.
func simplified() map[string]string {
	const (
		monitoring = "metrics are remembered, none are published"
		encryption = "nothing is encrypted: records that come while a stream has a key say so; every KeyId of the right form is taken for a key"
		policy     = "a policy is kept and given back; nothing enforces it, and only its JSON is checked"
		reshard    = "the shards change at once; the status stays UPDATING for the configured delay"
		warm       = "an on-demand stream gets a shard for each MiB/s of warm throughput"
	)
	return map[string]string{
		"CreateStream":               "an on-demand stream has 4 shards, or one for each MiB/s of its warm throughput, and does not grow by itself",
		"DeleteResourcePolicy":       policy,
		"DeleteStream":               "a stream being deleted takes no more puts and reads at once; one being created or deleted cannot be deleted (ResourceInUseException)",
		"DisableEnhancedMonitoring":  monitoring,
		"EnableEnhancedMonitoring":   monitoring,
		"GetResourcePolicy":          policy,
		"MergeShards":                reshard,
		"PutResourcePolicy":          policy,
		"SplitShard":                 reshard,
		"StartStreamEncryption":      encryption,
		"StopStreamEncryption":       encryption,
		"UpdateShardCount":           reshard + "; which short-lived shards there are on the way is a choice of our own",
		"UpdateStreamMode":           warm,
		"UpdateStreamWarmThroughput": warm,
	}
}

// leftOut gives the operations of the API that are not served, with the reason.
// They are answered with UnknownOperationException and named in the log.
func leftOut() map[string]string {
	const channels = "channels came to the API after the model at hand, and nothing of the stack uses them"
	return map[string]string{
		"CreateChannel":                          channels,
		"DeleteChannel":                          channels,
		"DescribeChannel":                        channels,
		"ListChannels":                           channels,
		"UpdateChannel":                          channels,
		"UpdateStreamRecordDistributionStrategy": "an on-demand stream keeps its partition keys, which is the default; AUTO came to the API after the model at hand",
	}
}

// Ledger tells how the emulator differs from AWS.
func Ledger() ledger.Service {
	s := ledger.Service{
		Name:       "Kinesis Data Streams",
		Package:    "pkg/sandbox/kinesis",
		Behaviours: behaviours(),
		Unproven:   unproven(),
	}
	notes, missing := simplified(), leftOut()
	for _, name := range slices.Sorted(slices.Values(slices.Concat(Operations(), slices.Collect(maps.Keys(missing))))) {
		op := ledger.Operation{Name: name, Status: ledger.Done, Page: "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_" + name + ".html"}
		if op.Note = notes[name]; op.Note != "" {
			op.Status = ledger.Simplified
		}
		if reason := missing[name]; reason != "" {
			op.Status, op.Note = ledger.LeftOut, reason
		}
		s.Operations = append(s.Operations, op)
	}
	return s
}

func behaviours() []ledger.Behaviour {
	return []ledger.Behaviour{
		{Title: "Region and account", Text: "Those of a signature are not looked at: one emulator is one region of one account. Signatures are verified only where keys are configured; permissions never."},
		{Title: "Call rates", Text: "Those of the control plane (CreateStream 5 a second and so on) are not limited; the limits of shards, of streams being created, and of changes in 24 hours are, and can be switched off."},
		{Title: "On-demand streams", Text: "Each shard has the limits of a provisioned one."},
		{Title: "Iterators and tokens", Text: "They do not survive the process, even where streams do. An iterator can be used as often as one likes within its 300 seconds, as at AWS."},
		{Title: "Sequence numbers", Text: "The index counts from 1 in each shard; AWS shares a counter between neighbouring shards and starts at 0. PutRecords keeps the order of the request within a shard; AWS promises none."},
		{Title: "A retention change", Text: "It shows UPDATING, too."},
		{Title: "Pollers in the process", Text: "The reads of the Lambda pollers do not count against the limits of a shard: at AWS they share those of GetRecords."},
		{Title: "Record size", Text: "Data and PartitionKey together may have MaxRecordSizeInKiB, 1,048,576 bytes by default, as the API reference of PutRecord says; so a record whose data alone has that size is refused."},
		{Title: "Memory", Text: "It is bounded by a setting. A put beyond it is refused with ProvisionedThroughputExceededException, which clients retry."},
		{Title: "Lengths of strings", Text: "They count Unicode code points, as Smithy says; Java's would count UTF-16 units."},
		{Title: "StreamId", Text: "\"Reserved for future use\": its form is checked, and it is ignored."},
		{Title: "Shards remembered", Text: "A stream remembers ten times as many shards as the account may have open; then it cannot be resharded."},
		{Title: "State in a directory", Text: "What was acknowledged survives the process, not a crash of the machine: files are not synced at each put."},
	}
}

func unproven() []ledger.Behaviour {
	return []ledger.Behaviour{
		{Title: "Neither StreamName nor StreamARN, or two that differ", Text: "InvalidArgumentException with a text of our own."},
		{Title: "Texts of our own", Text: "CreateStream without ShardCount, or with one in ON_DEMAND mode; a record or request that is too large; six streams being created; a bad NextToken; a ShardFilter without its timestamp; " +
			"a reshard of a closed shard; deleting a stream that has consumers; more consumers, rescales, mode switches or encryption changes than are allowed; targets of UpdateShardCount; warm throughput where it is not allowed; a bad resource policy; a signature that is too old."},
		{Title: "DryRun", Text: "The model at hand lacks it: a request that passes every check is answered with DryRunOperationException, and changes nothing."},
		{Title: "Order of constraint violations", Text: "They are listed in the order in which a Java 7 HashMap iterates over the member names: that explains every recorded order. Newer recordings differ from run to run."},
		{Title: "Byte strings of CBOR for other types", Text: "They are called java.nio.HeapByteBuffer."},
		{Title: "SubscribeToShard", Text: "A first event is sent at once, records or not; events hold 1 MiB at most. That a call within 5 seconds is refused holds even when the earlier subscription has ended."},
		{Title: "GetResourcePolicy without a policy", Text: "It answers {}."},
	}
}
