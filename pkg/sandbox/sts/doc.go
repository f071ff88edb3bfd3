// Package sts answers who a caller is, as AWS STS does.
//
// [New] makes a [Service], an http.Handler for the Query protocol. GetCallerIdentity says that every caller, whatever its
// key, is the root user of the one account; deploy tools ask it before they begin.
//
// Followed: AWS Security Token Service API reference, GetCallerIdentity and "Common error types".
//
// Ledger: every other action is refused with InvalidAction, also those that STS has; no signature is checked; an access
// key is not looked at.
//
// A Service may be used by several goroutines at once.
package sts
