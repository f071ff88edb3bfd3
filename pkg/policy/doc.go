// Package policy is what an operator decides about customers beyond their tokens: who
// may come in, and which events of a grant a customer gets.
//
// [Read] makes a [Policy] of a YAML file:
//
//	allow: [CLIENT_ID, ...]      # if it is there, only these may come in
//	deny:  [CLIENT_ID, ...]      # these may not, also if allowed
//	filters:                     # attached to grants
//	  - clients: [CLIENT_ID]     # left out: every client
//	    pattern: weather.us.>    # the grant, exactly as the scope has it
//	    filter: data.temperature_f > 90   # CEL
//
// Quote a pattern that begins with * or >, which mean something else in YAML. A file
// that decides nothing is {}: an empty one is taken for one that is being written.
//
// A [File] is a policy that changes with its file, without a restart: make it with
// [NewFile] and run [File.Run].
//
// The package does not know what a filter is: they are texts, which a function of the
// caller checks, each alone and then those together that a client has on one grant, which
// may be too much together. It neither reads tokens nor knows a transport.
//
// A Policy never changes, and a File's methods are safe to use concurrently; Run is
// called once.
package policy
