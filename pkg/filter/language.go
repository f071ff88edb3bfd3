package filter

import (
	"regexp"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// variable is one of the names that a filter may use.
type variable int

const (
	varTopic variable = iota
	varPartitionKey
	varID
	varTime
	varSize
	varData
	numVariables
)

// variableOf returns the variable of a name. A switch is faster than a map.
func variableOf(name string) (variable, bool) {
	switch name {
	case "topic":
		return varTopic, true
	case "partition_key":
		return varPartitionKey, true
	case "id":
		return varID, true
	case "time":
		return varTime, true
	case "size":
		return varSize, true
	case "data":
		return varData, true
	}
	return 0, false
}

// language returns what filters are written in. It takes milliseconds to make, and is
// safe to share.
var language = sync.OnceValues(newLanguage) //nolint:gochecknoglobals // a constant that is made when it is needed

func newLanguage() (*cel.Env, error) {
	return cel.NewCustomEnv(
		cel.StdLib(),
		cel.CrossTypeNumericComparisons(true), // JSON's numbers are doubles, and people write data.t > 90
		cel.Variable("topic", cel.StringType),
		cel.Variable("partition_key", cel.StringType),
		cel.Variable("id", cel.StringType),
		cel.Variable("time", cel.TimestampType),
		cel.Variable("size", cel.IntType),
		cel.Variable("data", cel.DynType),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserErrorRecoveryLimit(1), // only the first error is told
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), rules{}),
	)
}

// regexes has the regular expressions of matches, which is there as a method and as a
// function, compiled once.
func regexes() cel.ProgramOption {
	return cel.OptimizeRegex(
		&interpreter.RegexOptimization{Function: overloads.Matches, OverloadID: overloads.Matches, RegexIndex: 1, Factory: planRegex},
		&interpreter.RegexOptimization{Function: overloads.Matches, OverloadID: overloads.MatchesString, RegexIndex: 1, Factory: planRegex},
	)
}

// planRegex is CEL's own plan for a pattern that is known, but looks at no longer strings
// than MaxRegexText.
func planRegex(call interpreter.InterpretableCall, pattern string) (interpreter.InterpretableCall, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	match := func(args ...ref.Val) ref.Val {
		text, ok := args[0].(types.String)
		if !ok || len(text) > MaxRegexText {
			return types.NewErr("no string that a regular expression may look at")
		}
		return types.Bool(re.MatchString(string(text)))
	}
	return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), match), nil
}
