package kinesis_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// Where the rows below come from.
const (
	rec  = "recorded from AWS by kinesalite 3.3.3"
	ls   = "recorded from AWS by LocalStack"
	moto = "moto, whose tests are run against AWS"
	doc  = "AWS API model or API reference"
	ours = "no recording: our choice, see the ledger"
)

// row is a request and the answer to it. Message "-" stands for none.
type row struct {
	name      string
	operation string
	body      string
	change    func(*http.Request)
	status    int
	code      string
	message   string
	source    string
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	}
}

func query(q string, auth bool) func(*http.Request) {
	return func(r *http.Request) {
		r.URL.RawQuery = q
		if !auth {
			r.Header.Del("Authorization")
		}
	}
}

func authorization(value string, dated bool) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", value)
		if !dated {
			r.Header.Del("X-Amz-Date")
		}
	}
}

// run sends every row to w.
func run(t *testing.T, w *world, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			a := w.send(t, r.operation, r.body, r.change)
			if r.source == "" {
				t.Error("the row names no source")
			}
			if a.status != r.status || a.field("__type") != r.code {
				t.Errorf("got %d %s, want %d %s\n%s", a.status, a.field("__type"), r.status, r.code, a.body)
			}
			key := "message"
			if r.code == "SerializationException" {
				key = "Message" // recorded with a capital, unlike every other error
			}
			want := r.message
			if want == "-" {
				want = ""
			}
			if got := a.field(key); got != want {
				t.Errorf("%s\n got %q\nwant %q", key, got, want)
			}
			if a.header.Get("X-Amzn-RequestId") == "" || a.header.Get("X-Amz-Id-2") == "" {
				t.Errorf("request ids are missing: %v", a.header)
			}
		})
	}
}

const (
	null = "failed to satisfy constraint: Member must not be null"
)

// fails words n violated constraints.
func fails(faults ...string) string {
	plural := ""
	if len(faults) != 1 {
		plural = "s"
	}
	return string(rune('0'+len(faults))) + " validation error" + plural + " detected: " + strings.Join(faults, "; ")
}

func violates(value, field, rule string) string {
	return "Value '" + value + "' at '" + field + "' failed to satisfy constraint: Member must " + rule
}

func isNull(field string) string { return "Value null at '" + field + "' " + null }

const namePattern = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"

func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	run(t, newWorld(t, nil), protocolRows())
}

func protocolRows() []row {
	const incomplete = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
		"Authorization header requires 'SignedHeaders' parameter. "
	return []row{
		{"empty body", "ListStreams", "", nil, 400, "SerializationException", "-", rec},
		{"empty body comes before auth", "ListStreams", "", header("Authorization", ""), 400, "SerializationException", "-", rec},
		{"empty body, unknown operation", "Nothing", "", nil, 400, "UnknownOperationException", "-", rec},
		{"not json", "ListStreams", "hello", nil, 400, "SerializationException", "-", rec},
		{"not an object", "ListStreams", `"a"`, nil, 400, "SerializationException", "-", rec},
		{"null", "ListStreams", "null", nil, 400, "SerializationException", "-", rec},
		{"two objects", "ListStreams", "{}{}", nil, 400, "SerializationException", "-", rec},
		{"cut short", "ListStreams", `{"Limit":1`, nil, 400, "SerializationException", "-", rec},
		{"unknown operation", "Nothing", "{}", nil, 400, "UnknownOperationException", "-", rec},
		{"unknown operation comes before auth", "Nothing", "{}", header("Authorization", ""), 400, "UnknownOperationException", "-", rec},
		{"unknown service", "", "{}", header("X-Amz-Target", "DynamoDB_20120810.ListTables"), 400, "UnknownOperationException", "-", rec},
		{"no target", "", "{}", header("X-Amz-Target", ""), 400, "UnknownOperationException", "-", rec},
		{"operation not served", "CreateChannel", "{}", nil, 400, "UnknownOperationException", "-", ours},
		{"no auth", "ListStreams", "{}", header("Authorization", ""), 400, "MissingAuthenticationTokenException", "Missing Authentication Token", rec},
		{"query without algorithm", "ListStreams", "{}", query("X-Amz-Credential=a&X-Amz-Signature=b", false), 400,
			"MissingAuthenticationTokenException", "Missing Authentication Token", rec},
		{"header and query", "ListStreams", "{}", query("X-Amz-Algorithm", true), 400, "InvalidSignatureException",
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.", rec},
		{"header X", "ListStreams", "{}", authorization("X", false), 400, "IncompleteSignatureException",
			incomplete + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=X", rec},
		{"header with two parameters", "ListStreams", "{}", authorization("AWS4- Signature=b, Credential=a", true), 400, "IncompleteSignatureException",
			"Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4- Signature=b, Credential=a", rec},
		{"header with two parameters and no blank", "ListStreams", "{}", authorization("AWS4- Signature=b,Credential=a", true), 400, "IncompleteSignatureException",
			"Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4- Signature=b,Credential=a", rec},
		{"empty algorithm", "ListStreams", "{}", query("X-Amz-Algorithm", false), 400, "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. " +
				"AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. " +
				"AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.", rec},
		{"auth comes before types", "ListStreams", `{"Limit":"1"}`, header("Authorization", ""), 400,
			"MissingAuthenticationTokenException", "Missing Authentication Token", rec},
	}
}

func TestTypeErrors(t *testing.T) {
	t.Parallel()
	run(t, newWorld(t, nil), typeRows())
}

func typeRows() []row {
	const (
		structure = "Start of structure or map found where not expected."
		list      = "Start of list found where not expected"
		number    = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
	)
	bad := func(name, operation, body, message string) row {
		return row{name, operation, body, nil, 400, "SerializationException", message, rec}
	}
	return []row{
		bad("integer from string", "ListStreams", `{"Limit":"23"}`, "class java.lang.String can not be converted to an Integer"),
		bad("integer from boolean", "ListStreams", `{"Limit":true}`, "class java.lang.Boolean can not be converted to an Integer"),
		bad("integer from list", "ListStreams", `{"Limit":[]}`, list),
		bad("integer from object", "ListStreams", `{"Limit":{}}`, structure),
		bad("string from boolean", "DeleteStream", `{"StreamName":true}`, "class java.lang.Boolean can not be converted to an String"),
		bad("string from number", "DeleteStream", `{"StreamName":23}`, number+"an String"),
		bad("string from fraction", "DeleteStream", `{"StreamName":34.56}`, number+"an String"),
		bad("string from list", "DeleteStream", `{"StreamName":[]}`, list),
		bad("string from object", "DeleteStream", `{"StreamName":{}}`, structure),
		bad("boolean from number", "DeleteStream", `{"EnforceConsumerDeletion":23}`, number+"an Boolean"),
		bad("boolean from word", "DeleteStream", `{"EnforceConsumerDeletion":"hellowtf"}`, "'HELLOWTF' can not be converted to an Boolean"),
		bad("blob from boolean", "PutRecord", `{"Data":true}`, "class java.lang.Boolean can not be converted to a Blob"),
		bad("blob from number", "PutRecord", `{"Data":-2147483648}`, number+"a Blob"),
		bad("blob of 5 characters", "PutRecord", `{"Data":"23456"}`,
			"'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
		bad("blob with early padding", "PutRecord", `{"Data":"=+/="}`, "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"),
		bad("blob with loose bits", "PutRecord", `{"Data":"+/+="}`, "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"),
		bad("blob with line break", "PutRecord", `{"Data":"YWJj\nYWI"}`, "'YWJj\nYWI' can not be converted to a Blob: Invalid Base64 character: '\n'"),
		bad("list from string", "PutRecords", `{"Records":"23"}`, "Expected list or null"),
		bad("list from object", "PutRecords", `{"Records":{}}`, structure),
		bad("structure from number", "PutRecords", `{"Records":[23]}`, "Expected null"),
		bad("structure from list", "PutRecords", `{"Records":[[]]}`, list),
		bad("member of a member", "PutRecords", `{"Records":[{"PartitionKey":[]}]}`, list),
		bad("map from number", "AddTagsToStream", `{"Tags":23}`, "Expected map or null"),
		bad("map from list", "AddTagsToStream", `{"Tags":[]}`, list),
		bad("map value from boolean", "AddTagsToStream", `{"Tags":{"a":true}}`, "class java.lang.Boolean can not be converted to an String"),
		bad("timestamp from string", "GetShardIterator", `{"Timestamp":"2026-01-01"}`, "class java.lang.String can not be converted to milliseconds since epoch"),
		bad("timestamp from boolean", "GetShardIterator", `{"Timestamp":false}`, "class java.lang.Boolean can not be converted to milliseconds since epoch"),
		bad("types come before constraints", "DescribeStream", `{"StreamName":"","Limit":"x"}`, "class java.lang.String can not be converted to an Integer"),
	}
}

func TestConstraintErrors(t *testing.T) {
	t.Parallel()
	run(t, newWorld(t, nil), constraintRows())
}

func constraintRows() []row {
	long := strings.Repeat("a", 129)
	key257 := strings.Repeat("a", 257)
	bad := func(name, operation, body, source string, faults ...string) row {
		return row{name, operation, body, nil, 400, "ValidationException", fails(faults...), source}
	}
	emptyName := []string{violates("", "streamName", namePattern), violates("", "streamName", "have length greater than or equal to 1")}
	longName := violates(long, "streamName", "have length less than or equal to 128")
	return []row{
		bad("create: nothing", "CreateStream", `{}`, doc, isNull("streamName")),
		bad("create: nulls count as nothing", "CreateStream", `{"StreamName":null}`, rec, isNull("streamName")),
		bad("create: empty name, no shards", "CreateStream", `{"StreamName":"","ShardCount":0}`, rec,
			append([]string{violates("0", "shardCount", "have value greater than or equal to 1")}, emptyName...)...),
		bad("create: long name, very many shards", "CreateStream", `{"StreamName":"`+long+`","ShardCount":100000000000}`, rec, longName),
		bad("create: unknown mode", "CreateStream", `{"StreamName":"a","StreamModeDetails":{"StreamMode":"FAST"}}`, doc,
			violates("FAST", "streamModeDetails.streamMode", "satisfy enum value set: [PROVISIONED, ON_DEMAND]")),
		bad("describe: empty", "DescribeStream", `{"StreamName":"","Limit":0,"ExclusiveStartShardId":""}`, rec, append([]string{
			violates("0", "limit", "have value greater than or equal to 1"),
			violates("", "exclusiveStartShardId", namePattern),
			violates("", "exclusiveStartShardId", "have length greater than or equal to 1")}, emptyName...)...),
		bad("describe: long", "DescribeStream", `{"StreamName":"`+long+`","Limit":100000,"ExclusiveStartShardId":"`+long+`"}`, rec,
			violates("100000", "limit", "have value less than or equal to 10000"),
			violates(long, "exclusiveStartShardId", "have length less than or equal to 128"), longName),
		bad("describe: bad ARN", "DescribeStream", `{"StreamARN":"x"}`, doc,
			violates("x", "streamARN", `satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+`)),
		bad("list streams: empty", "ListStreams", `{"ExclusiveStartStreamName":"","Limit":0}`, rec,
			violates("0", "limit", "have value greater than or equal to 1"),
			violates("", "exclusiveStartStreamName", namePattern),
			violates("", "exclusiveStartStreamName", "have length greater than or equal to 1")),
		bad("list shards: empty token", "ListShards", `{"NextToken":""}`, doc, violates("", "nextToken", "have length greater than or equal to 1")),
		bad("list shards: filter without type", "ListShards", `{"StreamName":"a","ShardFilter":{}}`, doc, isNull("shardFilter.type")),
		bad("put: nothing", "PutRecord", `{}`, rec, isNull("partitionKey"), isNull("data")),
		bad("put: empty", "PutRecord", `{"StreamName":"","PartitionKey":"","Data":"","ExplicitHashKey":"","SequenceNumberForOrdering":""}`, rec, append([]string{
			violates("", "sequenceNumberForOrdering", `satisfy regular expression pattern: 0|([1-9]\d{0,128})`),
			violates("", "partitionKey", "have length greater than or equal to 1"),
			violates("", "explicitHashKey", `satisfy regular expression pattern: 0|([1-9]\d{0,38})`)}, emptyName...)...),
		bad("put: long", "PutRecord", `{"StreamName":"`+long+`","PartitionKey":"`+key257+`","Data":"AAAA","ExplicitHashKey":"01"}`, rec,
			violates(key257, "partitionKey", "have length less than or equal to 256"),
			violates("01", "explicitHashKey", `satisfy regular expression pattern: 0|([1-9]\d{0,38})`),
			longName),
		bad("put records: nothing", "PutRecords", `{}`, rec, isNull("records")),
		bad("put records: empty list", "PutRecords", `{"StreamName":"","Records":[]}`, rec,
			append([]string{violates("[]", "records", "have length greater than or equal to 1")}, emptyName...)...),
		bad("put records: empty entry", "PutRecords", `{"StreamName":"a","Records":[{}]}`, rec,
			isNull("records.1.member.partitionKey"), isNull("records.1.member.data")),
		bad("put records: null entry", "PutRecords", `{"StreamName":"a","Records":[null]}`, ours, isNull("records.1.member")),
		bad("put records: bad second entry", "PutRecords", `{"StreamName":"a","Records":[{"PartitionKey":"a","Data":""},{"PartitionKey":"","Data":"","ExplicitHashKey":"-1"}]}`, rec,
			violates("", "records.2.member.partitionKey", "have length greater than or equal to 1"),
			violates("-1", "records.2.member.explicitHashKey", `satisfy regular expression pattern: 0|([1-9]\d{0,38})`)),
		bad("iterator: nothing", "GetShardIterator", `{}`, rec, isNull("shardId"), isNull("shardIteratorType")),
		bad("iterator: empty", "GetShardIterator", `{"StreamName":"","ShardIteratorType":"","ShardId":"","StartingSequenceNumber":""}`, rec, append([]string{
			violates("", "shardId", namePattern),
			violates("", "shardId", "have length greater than or equal to 1"),
			violates("", "shardIteratorType", "satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"),
			violates("", "startingSequenceNumber", `satisfy regular expression pattern: 0|([1-9]\d{0,128})`)}, emptyName...)...),
		bad("records: nothing", "GetRecords", `{}`, rec, isNull("shardIterator")),
		bad("records: empty", "GetRecords", `{"ShardIterator":"","Limit":0}`, rec,
			violates("0", "limit", "have value greater than or equal to 1"),
			violates("", "shardIterator", "have length greater than or equal to 1")),
		bad("records: fraction is floored", "GetRecords", `{"ShardIterator":"a","Limit":0.9}`, rec, violates("0", "limit", "have value greater than or equal to 1")),
		bad("add tags: empty", "AddTagsToStream", `{"StreamName":"","Tags":{}}`, rec,
			append([]string{violates("{}", "tags", "have length greater than or equal to 1")}, emptyName...)...),
		bad("add tags: long key", "AddTagsToStream", `{"StreamName":"a","Tags":{"`+long+`":"v"}}`, rec,
			"Value '{"+long+"=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "+
				"[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"),
		bad("remove tags: empty key", "RemoveTagsFromStream", `{"StreamName":"a","TagKeys":[""]}`, rec,
			violates("[]", "tagKeys", "satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]")),
		bad("list tags: empty", "ListTagsForStream", `{"StreamName":"","ExclusiveStartTagKey":"","Limit":0}`, rec, append([]string{
			violates("0", "limit", "have value greater than or equal to 1"),
			violates("", "exclusiveStartTagKey", "have length greater than or equal to 1")}, emptyName...)...),
		bad("retention: nothing", "IncreaseStreamRetentionPeriod", `{}`, doc, isNull("retentionPeriodHours")),
	}
}

func TestSemanticErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *kinesis.Config) { c.ShardLimit = 10; c.StateDelay = time.Second })
	w.create(t, "s", 3)
	w.clock.advance(time.Second)
	w.create(t, "busy", 1)
	run(t, w, semanticRows(w.iterator(t, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "LATEST"})))
}

// semanticRows need a stream s of three shards, one that is CREATING, busy, a limit of ten shards, and an iterator of s.
func semanticRows(tokens string) []row {
	const (
		under    = " under account 123456789012"
		notFound = "ResourceNotFoundException"
		inUse    = "ResourceInUseException"
		invalid  = "InvalidArgumentException"
		must     = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or " +
			"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified "
	)
	iter := func(kind, more string) string {
		return `{"StreamName":"s","ShardId":"shardId-0","ShardIteratorType":"` + kind + `"` + more + `}`
	}
	starting := func(seq, tail string) string {
		return "StartingSequenceNumber " + seq + " used in GetShardIterator on shard shardId-000000000000 in stream s" + under + " is invalid" + tail
	}
	ordering := func(name, seq, shown string) row {
		return row{name, "PutRecord", `{"StreamName":"s","PartitionKey":"a","Data":"","SequenceNumberForOrdering":"` + seq + `"}`, nil, 400, invalid,
			"ExclusiveMinimumSequenceNumber " + shown + " used in PutRecord on stream s" + under + " is invalid.", rec}
	}
	big := hexToDecimal
	unknown := "Stream nope" + under + " not found."
	return []row{
		{"unknown stream: describe", "DescribeStream", `{"StreamName":"nope"}`, nil, 400, notFound, unknown, rec},
		{"unknown stream: summary", "DescribeStreamSummary", `{"StreamName":"nope"}`, nil, 400, notFound, unknown, rec},
		{"unknown stream: delete", "DeleteStream", `{"StreamName":"nope"}`, nil, 400, notFound, unknown, rec},
		{"unknown stream: list shards", "ListShards", `{"StreamName":"nope"}`, nil, 400, notFound, unknown, rec},
		{"unknown stream: put", "PutRecord", `{"StreamName":"nope","PartitionKey":"a","Data":""}`, nil, 400, notFound, unknown, ls},
		{"unknown stream: put records", "PutRecords", `{"StreamName":"nope","Records":[{"PartitionKey":"a","Data":""}]}`, nil, 400, notFound, unknown, rec},
		{"unknown stream: tags", "AddTagsToStream", `{"StreamName":"nope","Tags":{"a":"b"}}`, nil, 400, notFound, unknown, rec},
		{"unknown stream: iterator", "GetShardIterator", `{"StreamName":"nope","ShardId":"2147483647","ShardIteratorType":"LATEST"}`, nil, 400, notFound,
			"Shard shardId-002147483647 in stream nope" + under + " does not exist", rec},
		{"other account", "DescribeStream", `{"StreamARN":"arn:aws:kinesis:us-east-1:999999999999:stream/s"}`, nil, 400, notFound,
			"Stream s under account 999999999999 not found.", rec},
		{"neither name nor ARN", "DescribeStream", `{}`, nil, 400, invalid, "Either StreamARN or StreamName should be provided.", ours},
		{"name and ARN differ", "DescribeStream", `{"StreamName":"t","StreamARN":"` + arnOf("s") + `"}`, nil, 400, invalid,
			"StreamName t and StreamARN " + arnOf("s") + " name different streams.", ours},
		{"create: exists", "CreateStream", `{"StreamName":"s","ShardCount":1}`, nil, 400, inUse, "Stream s" + under + " already exists.", rec},
		{"create: too many shards", "CreateStream", `{"StreamName":"t","ShardCount":1000}`, nil, 400, "LimitExceededException",
			"This request would exceed the shard limit for the account 123456789012 in us-east-1. Current shard count for the account: 4. Limit: 10. " +
				"Number of additional shards that would have resulted from this request: 1000. Refer to the AWS Service Limits page " +
				"(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.", rec},
		{"create: no count", "CreateStream", `{"StreamName":"t"}`, nil, 400, invalid, "ShardCount must be provided for a stream in PROVISIONED mode.", ours},
		{"create: bad tag", "CreateStream", `{"StreamName":"t","ShardCount":1,"Tags":{"a!":"b"}}`, nil, 400, invalid,
			"Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.", rec},
		{"delete: being created", "DeleteStream", `{"StreamName":"busy"}`, nil, 400, inUse, "Stream busy" + under + " not ACTIVE, instead in state CREATING", rec},
		{"put: being created", "PutRecord", `{"StreamName":"busy","PartitionKey":"a","Data":""}`, nil, 400, notFound, "Stream busy" + under + " not found.", rec},
		{"put: hash key too large", "PutRecord", `{"StreamName":"s","PartitionKey":"a","Data":"","ExplicitHashKey":"340282366920938463463374607431768211456"}`, nil, 400, invalid,
			"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456", rec},
		{"put records: one bad hash key", "PutRecords", `{"StreamName":"s","Records":[{"PartitionKey":"a","Data":""},{"PartitionKey":"a","Data":"","ExplicitHashKey":"999999999999999999999999999999999999999"}]}`, nil, 400, invalid,
			"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 999999999999999999999999999999999999999", rec},
		{"put: key and data too large", "PutRecord", `{"StreamName":"s","PartitionKey":"aaa","Data":"` + strings.Repeat("AAAA", 349525) + `"}`, nil, 400, invalid,
			"Data and PartitionKey together must not exceed 1048576 bytes. Their size was 1048578.", ours},
		ordering("ordering: version 0", big("20000000000000000000000000000000000000000000000"), big("20000000000000000000000000000000000000000000000")),
		ordering("ordering: version 4", big("20000000000000000000000000000000000000000000004"), big("20000000000000000000000000000000000000000000004")),
		ordering("ordering: initial 3", big("30000000000000000000000000000000000000000000001"), big("30000000000000000000000000000000000000000000001")),
		ordering("ordering: initial 1", big("1ffffffffff7fffffffffffffff000000000007fffffff2"), big("1ffffffffff7fffffffffffffff000000000007fffffff2")),
		ordering("ordering: 8 in index", big("20000000000800000000000000000000000000000000002"), big("20000000000800000000000000000000000000000000002")),
		ordering("ordering: 8 near end", big("20000000000000000000000000000000000000800000002"), big("20000000000000000000000000000000000000800000002")),
		ordering("ordering: in the future", big("200000000000000000000000000000ffffffff000000002"), big("200000000000000000000000000000ffffffff000000002")),
		ordering("ordering: large date", big("13bb2cc3d80000000000000000000000"), "26227199374822427428162556223570313216"),
		{"ordering: version 3", "PutRecord", `{"StreamName":"s","PartitionKey":"a","Data":"","SequenceNumberForOrdering":"` +
			big("20000000000000000000000000000000000000000000003") + `"}`, nil, 500, "InternalFailure", "-", rec},
		{"iterator: shard too large", "GetShardIterator", `{"StreamName":"s","ShardId":"shardId-002147483648","ShardIteratorType":"LATEST"}`, nil, 400, notFound,
			"Could not find shard shardId-002147483648 in stream s" + under + ".", rec},
		{"iterator: shard is a word", "GetShardIterator", `{"StreamName":"s","ShardId":"ABKLFD8","ShardIteratorType":"LATEST"}`, nil, 400, notFound,
			"Could not find shard ABKLFD8 in stream s" + under + ".", rec},
		{"iterator: shard in exponents", "GetShardIterator", `{"StreamName":"s","ShardId":"2.14E4","ShardIteratorType":"LATEST"}`, nil, 400, notFound,
			"Could not find shard 2.14E4 in stream s" + under + ".", rec},
		{"iterator: no such shard", "GetShardIterator", `{"StreamName":"s","ShardId":"shardId-5","ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"5"}`, nil, 400, notFound,
			"Shard shardId-000000000005 in stream s" + under + " does not exist", rec},
		{"iterator: AT without number", "GetShardIterator", iter("AT_SEQUENCE_NUMBER", ""), nil, 400, invalid, must + "AT_SEQUENCE_NUMBER and no StartingSequenceNumber.", rec},
		{"iterator: AFTER without number", "GetShardIterator", iter("AFTER_SEQUENCE_NUMBER", ""), nil, 400, invalid, must + "AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber.", rec},
		{"iterator: LATEST with number", "GetShardIterator", iter("LATEST", `,"StartingSequenceNumber":"5"`), nil, 400, invalid, must + "LATEST and also a StartingSequenceNumber.", rec},
		{"iterator: TRIM_HORIZON with number", "GetShardIterator", iter("TRIM_HORIZON", `,"StartingSequenceNumber":"5"`), nil, 400, invalid, must + "TRIM_HORIZON and also a StartingSequenceNumber.", rec},
		{"iterator: number of another shard", "GetShardIterator", iter("AT_SEQUENCE_NUMBER", `,"StartingSequenceNumber":"5"`), nil, 400, invalid,
			"Invalid StartingSequenceNumber. It encodes shardId-000000000005, while it was used in a call to a shard with shardId-000000000000", rec},
		{"iterator: number 0", "GetShardIterator", iter("AT_SEQUENCE_NUMBER", `,"StartingSequenceNumber":"0"`), nil, 400, invalid,
			starting("21267647932558653966460912964485513216", " because it did not come from this stream."), rec},
		{"iterator: large old number", "GetShardIterator", iter("AT_SEQUENCE_NUMBER", `,"StartingSequenceNumber":"`+big("f3bb2cc3d7ff7fffffffffffffff0000")+`"`), nil, 400, invalid,
			starting("26227199374821822965252748908982894592", " because it did not come from this stream."), rec},
		{"iterator: large date", "GetShardIterator", iter("AT_SEQUENCE_NUMBER", `,"StartingSequenceNumber":"`+big("13bb2cc3d80000000000000000000000")+`"`), nil, 400, invalid,
			starting("26227199374822427428162556223570313216", "."), rec},
		{"iterator: 8 in index", "GetShardIterator", iter("AT_SEQUENCE_NUMBER", `,"StartingSequenceNumber":"`+big("20000000000800000000000000000000000000000000002")+`"`), nil, 400, invalid,
			starting(big("20000000000800000000000000000000000000000000002"), "."), rec},
		{"iterator: another stream's number", "GetShardIterator", iter("AFTER_SEQUENCE_NUMBER", `,"StartingSequenceNumber":"`+big("20000000000000000000000000000000000000000000002")+`"`), nil, 400, invalid,
			starting(big("20000000000000000000000000000000000000000000002"), " because it did not come from this stream."), rec},
		{"iterator: no timestamp", "GetShardIterator", iter("AT_TIMESTAMP", ""), nil, 400, invalid,
			"Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.", rec},
		{"iterator: timestamp in the future", "GetShardIterator", iter("AT_TIMESTAMP", `,"Timestamp":1772600768.9`), nil, 400, invalid,
			"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 1772600768900, currentTimestampInMillis: 1772600768890", rec},
		{"records: not an iterator", "GetRecords", `{"ShardIterator":"nonsense"}`, nil, 400, invalid, "Invalid ShardIterator.", rec},
		{"records: iterator of another stream", "GetRecords", `{"ShardIterator":"` + tokens + `","StreamARN":"` + arnOf("busy") + `"}`, nil, 400, invalid,
			"StreamName s and StreamARN " + arnOf("busy") + " name different streams.", ours},
		{"list shards: nothing", "ListShards", `{}`, nil, 400, invalid, "Either NextToken or StreamName should be provided.", rec},
		{"list shards: token and name", "ListShards", `{"StreamName":"s","NextToken":"a"}`, nil, 400, invalid, "NextToken and StreamName cannot be provided together.", rec},
		{"list shards: iterator as token", "ListShards", `{"NextToken":"` + tokens + `"}`, nil, 400, invalid, "Invalid NextToken.", ours},
		{"retention: too short", "DecreaseStreamRetentionPeriod", `{"StreamName":"s","RetentionPeriodHours":23}`, nil, 400, invalid,
			"Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.", rec},
		{"retention: decrease to more", "DecreaseStreamRetentionPeriod", `{"StreamName":"s","RetentionPeriodHours":25}`, nil, 400, invalid,
			"Requested retention period (25 hours) for stream s can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.", rec},
		{"retention: too long", "IncreaseStreamRetentionPeriod", `{"StreamName":"s","RetentionPeriodHours":8761}`, nil, 400, invalid,
			"Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.", doc},
		{"split: key too small", "SplitShard", `{"StreamName":"s","ShardToSplit":"shardId-0","NewStartingHashKey":"1"}`, nil, 400, invalid,
			"NewStartingHashKey 1 used in SplitShard() on shard shardId-000000000000 in stream s" + under + " is not both greater than one plus the shard's " +
				"StartingHashKey 0 and less than the shard's EndingHashKey 113427455640312821154458202477256070484.", rec},
		{"merge: not adjacent", "MergeShards", `{"StreamName":"s","ShardToMerge":"shardId-0","AdjacentShardToMerge":"shardId-2"}`, nil, 400, invalid,
			"Shards shardId-000000000000 and shardId-000000000002 in stream s" + under + " are not an adjacent pair of shards eligible for merging", rec},
		{"consumer: neither ARN nor name", "DescribeStreamConsumer", `{}`, nil, 400, invalid, "Either ConsumerARN or both StreamARN and ConsumerName should be provided.", ours},
		{"consumer: no such name", "DescribeStreamConsumer", `{"StreamARN":"` + arnOf("s") + `","ConsumerName":"nope"}`, nil, 400, notFound,
			"Consumer nope, account 123456789012 not found.", moto},
		{"consumer: no such ARN", "DeregisterStreamConsumer", `{"ConsumerARN":"` + arnOf("s") + `/consumer/nope:1"}`, nil, 400, notFound,
			"Consumer " + arnOf("s") + "/consumer/nope:1, account 123456789012 not found.", moto},
		{"consumer: of no stream", "RegisterStreamConsumer", `{"StreamARN":"` + arnOf("nope") + `","ConsumerName":"c"}`, nil, 400, notFound, unknown, rec},
		{"consumer: of a stream being created", "RegisterStreamConsumer", `{"StreamARN":"` + arnOf("busy") + `","ConsumerName":"c"}`, nil, 400, inUse,
			"Stream busy" + under + " not ACTIVE, instead in state CREATING", rec},
		{"consumers: of no stream", "ListStreamConsumers", `{"StreamARN":"` + arnOf("nope") + `"}`, nil, 400, notFound, unknown, rec},
		{"consumers: bad token", "ListStreamConsumers", `{"StreamARN":"` + arnOf("s") + `","NextToken":"a"}`, nil, 400, invalid, "Invalid NextToken.", ours},
		{"subscribe: no such consumer", "SubscribeToShard", `{"ConsumerARN":"` + arnOf("s") + `/consumer/nope:1","ShardId":"0","StartingPosition":{"Type":"LATEST"}}`, nil, 400, notFound,
			"Consumer " + arnOf("s") + "/consumer/nope:1, account 123456789012 not found.", moto},
		{"policy: none", "DeleteResourcePolicy", `{"ResourceARN":"` + arnOf("s") + `"}`, nil, 400, notFound, "No resource policy found for resource ARN " + arnOf("s"), moto},
		{"policy: of no stream", "GetResourcePolicy", `{"ResourceARN":"` + arnOf("nope") + `"}`, nil, 400, notFound, unknown, rec},
		{"policy: no JSON", "PutResourcePolicy", `{"ResourceARN":"` + arnOf("s") + `","Policy":"x"}`, nil, 400, invalid, "The policy is not a valid resource policy.", ours},
		{"tags: of no resource", "TagResource", `{"ResourceARN":"` + arnOf("nope") + `","Tags":{"a":"b"}}`, nil, 400, notFound, unknown, rec},
		{"tags: of no consumer", "ListTagsForResource", `{"ResourceARN":"` + arnOf("s") + `/consumer/nope:1"}`, nil, 400, notFound,
			"Consumer " + arnOf("s") + "/consumer/nope:1, account 123456789012 not found.", moto},
		{"tags: bad character in a resource's", "TagResource", `{"ResourceARN":"` + arnOf("s") + `","Tags":{"a":"b!"}}`, nil, 400, invalid,
			"Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.", rec},
		{"encrypt: not KMS", "StartStreamEncryption", `{"StreamName":"s","EncryptionType":"NONE","KeyId":"alias/a"}`, nil, 400, invalid,
			"EncryptionType NONE is not supported: the only valid value is KMS.", ours},
		{"encrypt: no key", "StartStreamEncryption", `{"StreamName":"s","EncryptionType":"KMS","KeyId":"a"}`, nil, 400, "KMSNotFoundException", "Invalid keyId a", ours},
		{"encrypt: being created", "StopStreamEncryption", `{"StreamName":"busy","EncryptionType":"KMS","KeyId":"alias/a"}`, nil, 400, inUse,
			"Stream busy" + under + " not ACTIVE, instead in state CREATING", rec},
		{"monitoring: unknown stream", "EnableEnhancedMonitoring", `{"StreamName":"nope","ShardLevelMetrics":["ALL"]}`, nil, 400, notFound, unknown, rec},
		{"rescale: more than double", "UpdateShardCount", `{"StreamName":"s","TargetShardCount":7,"ScalingType":"UNIFORM_SCALING"}`, nil, 400, invalid,
			"UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 3 Target shard count: 7", ours},
		{"rescale: less than half", "UpdateShardCount", `{"StreamName":"s","TargetShardCount":1,"ScalingType":"UNIFORM_SCALING"}`, nil, 400, invalid,
			"UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 3 Target shard count: 1", ours},
		{"rescale: unknown stream", "UpdateShardCount", `{"StreamName":"nope","TargetShardCount":1,"ScalingType":"UNIFORM_SCALING"}`, nil, 400, notFound, unknown, rec},
		{"warm: provisioned", "UpdateStreamWarmThroughput", `{"StreamName":"s","WarmThroughputMiBps":10}`, nil, 400, invalid,
			"Warm throughput is only supported for streams in ON_DEMAND mode.", ours},
		{"record size: unknown stream", "UpdateMaxRecordSize", `{"StreamARN":"` + arnOf("nope") + `","MaxRecordSizeInKiB":1024}`, nil, 400, notFound, unknown, rec},
		{"mode: unknown stream", "UpdateStreamMode", `{"StreamARN":"` + arnOf("nope") + `","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}`, nil, 400, notFound, unknown, rec},
		{"split: being created", "SplitShard", `{"StreamName":"busy","ShardToSplit":"shardId-0","NewStartingHashKey":"2"}`, nil, 400, inUse,
			"Stream busy" + under + " not ACTIVE, instead in state CREATING", rec},
	}
}
