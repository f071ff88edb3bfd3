package secretsmanager

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
	CodeExists           = "ResourceExistsException"
	CodeInvalidParameter = "InvalidParameterException"
	CodeInvalidRequest   = "InvalidRequestException"
	CodeInvalidToken     = "InvalidNextTokenException"
	CodeLimit            = "LimitExceededException"
	CodeValidation       = "ValidationException"
	CodeSerialization    = "SerializationException"
	CodeUnknownOperation = "UnknownOperationException"
)

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalidParameter(format string, args ...any) *Error {
	return errorf(CodeInvalidParameter, format, args...)
}

func noSecret() *Error {
	return errorf(CodeNotFound, "Secrets Manager can't find the specified secret.")
}

func markedForDeletion() *Error {
	return errorf(CodeInvalidRequest, "You can't perform this operation on the secret because it was marked for deletion.")
}
