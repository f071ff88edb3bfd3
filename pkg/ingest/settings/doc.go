// Package settings is the consumer's configuration, as its environment has it.
//
// It is a package of its own because whoever repairs a log from Kinesis must append
// as the consumer does: with its route, to its log, by its kind of marks.
//
//	var s settings.Consumer
//	err := config.Load(&s, os.Environ())
//	log, err := eventlog.Open(s.EventLog())
//
// The package reads nothing itself. A Consumer may be used concurrently once it is
// loaded.
package settings
