// Package command runs other programs to their end and leaves none of them behind.
//
// A [Command] says what to run; [Command.Run] runs it in a process group of its own. When its context ends, the whole
// group is interrupted as by Ctrl-C, and killed if it has not ended after a grace: tools such as "go test" start
// programs themselves. [Lines] puts a name before every line, so that the outputs of several programs can share a
// terminal.
//
// It starts no daemons and restarts nothing. A Command is a value; a [Lines] may be used by several goroutines.
package command
