// Package process starts child processes, watches them and leaves none behind.
//
// A [Launcher] starts one command at a time in a process group of its own, with exactly the environment and
// working directory it is given, and hands back a [Process] that can be waited for, signalled as a group and
// stopped. A [Supervisor] builds on it to keep named services running: it waits until a service is ready, restarts
// one that crashed after a pause that grows and has jitter, reports their [Status] and stops them in reverse order.
// Output goes to a [LogFile], which is rotated at a size.
//
//	sup := process.NewSupervisor(process.Config{LogDir: dir, Logger: log})
//	defer sup.Stop(ctx)
//	err := sup.Start(ctx, process.Service{
//		Name:    "redis",
//		Command: process.Command{Path: "/usr/bin/redis-server", Args: []string{"--port", "6379"}},
//		Address: "127.0.0.1:6379",
//		Ready:   process.TCP("127.0.0.1:6379"),
//	})
//
// A process is stopped with SIGTERM to its whole group; after a grace the group gets SIGKILL, so grandchildren that
// stayed in the group end, too. On Linux a child is also killed by the kernel when the program that started it dies,
// however it dies; on other systems a child outlives a supervisor that was killed with SIGKILL.
//
// [Process.Memory] tells what a process holds; who wants a limit kills it. The package does not daemonise, switch users, limit
// memory or CPU, or find again processes of an earlier run. A
// grandchild that leaves the process group (setsid) is not followed, and a grandchild is not killed by the kernel when
// the supervisor is: only direct children are.
//
// A Launcher, a Process, a Supervisor and a LogFile may be used by several goroutines at once.
package process
