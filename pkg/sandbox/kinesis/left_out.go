package kinesis

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
