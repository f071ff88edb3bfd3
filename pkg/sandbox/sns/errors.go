package sns

import (
	"fmt"
	"net/http"
)

// Error is an answer of the API that is not a success.
type Error struct {
	Code    string // as NotFound
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeNotFound          = "NotFound"
	CodeInvalidParameter  = "InvalidParameter"
	CodeTopicLimit        = "TopicLimitExceeded"
	CodeSubscriptionLimit = "SubscriptionLimitExceeded"
	CodeInvalidAction     = "InvalidAction"
	CodeMalformed         = "MalformedQueryString"
)

// statusOf is the table of HTTP statuses; the API reference gives them.
func statusOf(code string) int {
	switch code {
	case CodeNotFound:
		return http.StatusNotFound
	case CodeTopicLimit, CodeSubscriptionLimit:
		return http.StatusForbidden
	default:
		return http.StatusBadRequest
	}
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid is what SNS says of a parameter.
func invalid(format string, args ...any) *Error {
	return errorf(CodeInvalidParameter, "Invalid parameter: "+format, args...)
}

// unsupported refuses what AWS offers and this package does not.
func unsupported(what string) *Error {
	return errorf(CodeInvalidParameter, "Invalid parameter: %s is not supported by the sandbox", what)
}
