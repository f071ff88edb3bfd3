package lambda

import "github.com/spillway/spillway/pkg/sandbox/ledger"

// Ledger tells how the emulator differs from AWS.
func Ledger() ledger.Service {
	s := ledger.Service{Name: "Lambda", Package: "pkg/sandbox/lambda", Behaviours: behaviours(), Unproven: unproven()}
	for _, op := range Operations() {
		s.Operations = append(s.Operations, ledger.Operation{
			Name: op.Name, Status: op.Status, Note: op.Note, Page: "https://docs.aws.amazon.com/lambda/latest/api/API_" + op.Name + ".html",
		})
	}
	return s
}

func behaviours() []ledger.Behaviour {
	return []ledger.Behaviour{
		{Title: "State", Text: "Functions outlive the process only where the sandbox is told to persist. Asynchronous events never do."},
		{Title: "Permissions", Text: "Roles, policies and signatures authorize nothing."},
		{Title: "Concurrency", Text: "An account has 1,000 concurrent executions, of which reservations leave 100, as at AWS; this machine runs 100 environments, and an invocation beyond them is throttled with ConcurrentInvocationLimitExceeded."},
		{Title: "Environment", Text: "The file system and the network are the host's: the task root is where the code was unpacked, made read-only by its mode bits; scratch space is $TMPDIR, one for each environment, not /tmp, and its size is not limited."},
		{Title: "Memory", Text: "A process is killed when it takes more than its function has, as it is found every 20 ms on Linux; its children are not counted, other systems do not limit it, and CPU is not scaled."},
		{Title: "Runtime API", Text: "The extensions, telemetry, logs and SnapStart paths are refused by name. There is no X-Ray daemon; the trace header is made up and not sampled."},
		{Title: "Logs", Text: "They go to the group that LoggingConfig names, always as text; its levels are not looked at. The runtime version in INIT_START is made up."},
		{Title: "Asynchronous events", Text: "They are retried after exactly one and two minutes. Those of a function that was deleted meanwhile are dropped and logged. There are no dead-letter queues. At most 1,000 events and 64 MB wait."},
		{Title: "Aliases of two versions", Text: "Each invocation goes to one of them by chance, also the attempts of one event."},
		{Title: "States", Text: "A new function says Pending, and a changed one InProgress, in the answer only."},
		{Title: "Code", Text: "The archives of all functions have 4 GB together. GetFunction tells a URL of the sandbox that does not expire."},
	}
}

func unproven() []ledger.Behaviour {
	return []ledger.Behaviour{
		{Title: "Error texts", Text: "Those of alias weights, of destinations of events that do not exist, and of principals are neither in the model nor recorded anywhere at hand."},
		{Title: "Streamed errors", Text: "ErrorCode of InvokeComplete is the function's errorType, and ErrorDetails the whole document."},
		{Title: "Out of memory", Text: "The caller gets Runtime.ExitError with signal: killed, and the REPORT line names Runtime.OutOfMemory."},
		{Title: "Keys of failed events in a bucket", Text: "aws/lambda/async/NAME/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID, as the guide has it."},
		{Title: "InvalidRequestID", Text: "The Runtime API answers a wrong request id with 400, as the open runtime interface emulator does."},
	}
}
