package sqs

import (
	"fmt"
	"net/http"
)

// Error is an answer of the API that is not a success.
type Error struct {
	Code    string // the shape's name in the model, as QueueDoesNotExist
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeQueueDoesNotExist    = "QueueDoesNotExist"
	CodeQueueNameExists      = "QueueNameExists"
	CodeInvalidAddress       = "InvalidAddress"
	CodeInvalidAttributeName = "InvalidAttributeName"
	CodeInvalidAttribute     = "InvalidAttributeValue"
	CodeInvalidContents      = "InvalidMessageContents"
	CodeInvalidHandle        = "ReceiptHandleIsInvalid"
	CodeInvalidParameter     = "InvalidParameterValueException"
	CodeMissingParameter     = "MissingRequiredParameterException"
	CodeNotInFlight          = "MessageNotInflight"
	CodeOverLimit            = "OverLimit"
	CodeSerialization        = "SerializationException"
	CodeUnknownOperation     = "UnknownOperationException"
	CodeUnsupported          = "UnsupportedOperation"
)

// kind is how an error goes over the wire: its namespace and status, and its code in the query protocol, which clients
// that grew up with that one still look for (the header x-amzn-query-error).
type kind struct {
	namespace string
	status    int
	query     string
}

const (
	modelNamespace = "com.amazonaws.sqs#"
	coralNamespace = "com.amazon.coral.service#"
)

// kindOf is the table of errors; the model gives the query codes.
func kindOf(code string) kind {
	switch code {
	case CodeQueueDoesNotExist:
		return kind{modelNamespace, http.StatusBadRequest, "AWS.SimpleQueueService.NonExistentQueue"}
	case CodeQueueNameExists:
		return kind{modelNamespace, http.StatusBadRequest, "QueueAlreadyExists"}
	case CodeInvalidAddress:
		return kind{modelNamespace, http.StatusNotFound, code}
	case CodeInvalidHandle:
		return kind{modelNamespace, http.StatusNotFound, code}
	case CodeNotInFlight:
		return kind{modelNamespace, http.StatusBadRequest, "AWS.SimpleQueueService.MessageNotInflight"}
	case CodeOverLimit:
		return kind{modelNamespace, http.StatusForbidden, code}
	case CodeUnsupported:
		return kind{modelNamespace, http.StatusBadRequest, "AWS.SimpleQueueService.UnsupportedOperation"}
	case CodeInvalidParameter:
		return kind{coralNamespace, http.StatusBadRequest, "InvalidParameterValue"}
	case CodeMissingParameter:
		return kind{coralNamespace, http.StatusBadRequest, "MissingParameter"}
	case CodeSerialization:
		return kind{coralNamespace, http.StatusBadRequest, "MalformedInput"}
	case CodeUnknownOperation:
		return kind{coralNamespace, http.StatusBadRequest, "InvalidAction"}
	default:
		return kind{modelNamespace, http.StatusBadRequest, code}
	}
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// outOfRange is what SQS says of a number.
func outOfRange(parameter string, value, low, high int) *Error {
	return errorf(CodeInvalidParameter, "Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.", value, parameter, low, high)
}

func missing(parameter string) *Error {
	return errorf(CodeMissingParameter, "The request must contain the parameter %s.", parameter)
}

func noQueue() *Error { return errorf(CodeQueueDoesNotExist, "The specified queue does not exist.") }

func badHandle(handle string) *Error {
	return errorf(CodeInvalidHandle, "The input receipt handle %q is not a valid receipt handle.", handle)
}
