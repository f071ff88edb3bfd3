// Package schema checks requests of the cognito-idp API against AWS's model: which members an operation has, their
// types, and their constraints.
//
// [New] gives the [Table]. [Table.Operation] finds an operation; [Operation.Read] turns the parsed JSON of a request
// into [Fields], and [Operation.Validate] tells which constraints they violate, in Cognito's words: "1 validation
// error detected: Value 'x' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression
// pattern: [\w-]+_[0-9a-zA-Z]+".
//
// The table is generated from the model of 2016-04-18 as its copy at hand has it, with what that copy lacks (the
// operations on client secrets, among others) beside it in gen/newer.json. Operations that mockcognito does not serve
// are in it by name only.
//
// It does not know how members belong together, what exists, and what is too many: that is the service's.
//
// A Table is not changed after New and may be used by any number of goroutines.
package schema

//go:generate go run ./gen -model $COGNITO_MODEL -newer gen/newer.json -out table.go
