package autoscaling

import "fmt"

// Error is an answer of the API that is not a success; its HTTP status is 400, as of every client's error here.
type Error struct {
	Code    string // as ValidationException
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeValidation       = "ValidationException"
	CodeNotFound         = "ObjectNotFoundException"
	CodeLimit            = "LimitExceededException"
	CodeSerialization    = "SerializationException"
	CodeUnknownOperation = "UnknownOperationException"
	CodeInternal         = "InternalServiceException"
)

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error { return errorf(CodeValidation, format, args...) }

// unsupported refuses what AWS offers and this package does not.
func unsupported(format string, args ...any) *Error {
	return invalid(format+" is not supported by the sandbox", args...)
}

func noTarget(t Target) *Error {
	return errorf(CodeNotFound, "No scalable target found for service namespace: %s, resource ID: %s, scalable dimension: %s", t.ServiceNamespace, t.ResourceId, t.ScalableDimension)
}
