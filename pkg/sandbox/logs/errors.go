package logs

import "fmt"

// Error is an answer of the API that is not a success; its HTTP status is 400, as of every client's error here.
type Error struct {
	Code    string // as ResourceNotFoundException
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeNotFound         = "ResourceNotFoundException"
	CodeExists           = "ResourceAlreadyExistsException"
	CodeInvalidParameter = "InvalidParameterException"
	CodeLimit            = "LimitExceededException"
	CodeSerialization    = "SerializationException"
	CodeUnknownOperation = "UnknownOperationException"
)

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// constraint is a violation of what the API's model says about a member.
func constraint(member string, value any, rule string) *Error {
	return errorf(CodeInvalidParameter, "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s", value, member, rule)
}

func noGroup() *Error { return errorf(CodeNotFound, "The specified log group does not exist.") }

func noStream() *Error { return errorf(CodeNotFound, "The specified log stream does not exist.") }
