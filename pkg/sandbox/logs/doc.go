// Package logs is CloudWatch Logs in memory: it keeps what Lambda functions print, and answers `aws logs tail`, the
// describe, get and filter actions of the SDKs, and clients that put events themselves.
//
// [New] makes a [Service], an http.Handler for the API (protocol AWS JSON 1.1) that can also be used directly:
// [Service.Append] adds events to a stream, which it makes, and its group, when they do not exist.
//
// Followed: Amazon CloudWatch Logs API reference (2014-03-28), user guide "Filter pattern syntax for metric filters,
// subscription filters, filter log events, and Live Tail".
//
// Actions: CreateLogGroup, DeleteLogGroup, DescribeLogGroups, PutRetentionPolicy, DeleteRetentionPolicy, CreateLogStream,
// DeleteLogStream, DescribeLogStreams, PutLogEvents, GetLogEvents, FilterLogEvents. Every other one, StartLiveTail among
// them, is refused by its name.
//
// Ledger, what is left out or simplified:
//   - nothing is kept after the process ends;
//   - beyond a byte budget for all groups, the oldest events go first, and with its last event its stream;
//   - filter patterns of terms: words, "phrases", -excluded and ?optional ones; patterns in brackets, braces and percent
//     signs are refused;
//   - tags, KMS keys, classes but STANDARD and delivery destinations are refused by name;
//   - events are to be read at once (AWS: after some seconds); searchedLogStreams is empty, as on AWS today;
//   - PutLogEvents takes events of any age, and no sequence token is looked at (AWS ignores it, too).
//
// All methods may be called by several goroutines at once.
package logs
