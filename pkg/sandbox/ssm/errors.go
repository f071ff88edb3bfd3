package ssm

import "fmt"

// Error is an answer of the API that is not a success; its HTTP status is 400, as of every client's error here.
type Error struct {
	Code    string // as ParameterNotFound
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeNotFound         = "ParameterNotFound"
	CodeVersionNotFound  = "ParameterVersionNotFound"
	CodeExists           = "ParameterAlreadyExists"
	CodeLimit            = "ParameterLimitExceeded"
	CodeUnsupportedType  = "UnsupportedParameterType"
	CodePattern          = "ParameterPatternMismatchException"
	CodeInvalidPattern   = "InvalidAllowedPatternException"
	CodeValidation       = "ValidationException"
	CodeSerialization    = "SerializationException"
	CodeUnknownOperation = "UnknownOperationException"
)

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error { return errorf(CodeValidation, format, args...) }
