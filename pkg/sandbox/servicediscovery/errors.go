package servicediscovery

import "fmt"

// Error is an answer of the API that is not a success; its HTTP status is 400, as of every client's error here.
type Error struct {
	Code    string // as NamespaceNotFound
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeInvalid          = "InvalidInput"
	CodeNoNamespace      = "NamespaceNotFound"
	CodeNoService        = "ServiceNotFound"
	CodeNoInstance       = "InstanceNotFound"
	CodeNamespaceExists  = "NamespaceAlreadyExists"
	CodeServiceExists    = "ServiceAlreadyExists"
	CodeInUse            = "ResourceInUse"
	CodeLimit            = "ResourceLimitExceeded"
	CodeSerialization    = "SerializationException"
	CodeUnknownOperation = "UnknownOperationException"
	CodeInternal         = "InternalFailure"
)

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error { return errorf(CodeInvalid, format, args...) }

// unsupported refuses what AWS offers and this package does not.
func unsupported(format string, args ...any) *Error {
	return invalid(format+" is not supported by the sandbox", args...)
}
