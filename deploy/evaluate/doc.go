// Package evaluate evaluates the templates of package templates without a cloud: their conditions and functions, under parameters
// that meet each condition both ways. It is for what holds the templates against something: their policies, and what programs and
// templates have to agree about.
//
//	scenarios, err := evaluate.Scenarios("gateway.yaml", text, nil)
//
// What only a deployment knows is [Unresolved]. The package knows the functions that the templates have, and calls any other a
// mistake of the scenario. It shares nothing with the local cloud's CloudFormation, so that neither has the other's misreadings.
//
// Functions may be called concurrently; a [Scenario] is for reading.
package evaluate
