// Package journal keeps records in files, so that they survive the process.
//
// A [Log] is an append-only log of the records of one shard, cut into segments:
// [Open] reads what is there, Append adds records before they are acknowledged,
// DropBefore deletes the segments that nobody needs any more. [Replace] writes a
// small file as a whole, or not at all.
//
// What Append has returned from survives a crash of the process; whether it
// survives a crash of the machine is up to the operating system, which is not
// asked to sync. A record that was being written when either crashed is cut off.
//
// A Log must not be used concurrently.
package journal
