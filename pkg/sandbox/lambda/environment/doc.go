// Package environment runs Lambda functions: it keeps execution environments and speaks the Runtime API to them.
//
// A [Host] holds what all functions share; a [Pool], made with [Host.NewPool], runs one revision of one function.
// [Pool.Invoke] takes an idle environment or starts one, hands it the event and waits for the answer. An environment is
// the function's bootstrap as a child process in its task root, with a Runtime API listener of its own on loopback, a
// temporary directory of its own and exactly the environment variables that Lambda documents. It handles one invocation
// at a time, is frozen (SIGSTOP) between invocations as on AWS, and is killed when it has been idle for long, when it
// runs into its timeout and when its pool is closed.
//
// Everything that a function prints goes to the function's log, between the START, END and REPORT lines that Lambda
// writes.
//
// Followed: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01),
// "Understanding the Lambda execution environment lifecycle", "Defined runtime environment variables".
//
// Ledger, what differs from AWS:
//   - a process is killed when it takes more memory than its function has, as it is found every 20 ms on Linux; other systems do
//     not limit it, and its children are not counted; CPU is not scaled;
//   - the file system is the host's: the task root is where the code was unpacked, made read-only by its mode bits;
//     scratch space is $TMPDIR, not /tmp;
//   - the Extensions, Telemetry and Logs APIs and SnapStart are refused by name; no X-Ray daemon (the trace header is made up, unsampled);
//   - whether an answer is streamed is up to the caller, not to the response mode that the runtime names; a streamed one has no
//     bandwidth limit;
//   - the version of the runtime in the INIT_START line is made up;
//   - network access is the host's.
//
// All exported methods may be called by several goroutines at once.
package environment
