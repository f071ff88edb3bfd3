package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Error is an answer of the API that is not a success.
type Error struct {
	Code       string // the exception's name, as ResourceNotFoundException
	HTTPStatus int
	Message    string
	Reason     string // of a TooManyRequestsException
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The exceptions of the API that occur here, with their HTTP status.
const (
	codeConflict      = "ResourceConflictException"
	codeEntityTooBig  = "RequestEntityTooLargeException"
	codeInvalidJSON   = "InvalidRequestContentException"
	codeInvalidValue  = "InvalidParameterValueException"
	codeNotFound      = "ResourceNotFoundException"
	codePrecondition  = "PreconditionFailedException"
	codeSerialization = "SerializationException"
	codeService       = "ServiceException"
	codeStorage       = "CodeStorageExceededException"
	codeThrottled     = "TooManyRequestsException"
	codePolicyLength  = "PolicyLengthExceededException"
	codeUnknown       = "UnknownOperationException"
	codeValidation    = "ValidationException"
)

// statusOf is the table of HTTP statuses; the model gives them.
func statusOf(code string) int {
	switch code {
	case codeNotFound, codeUnknown:
		return http.StatusNotFound
	case codeConflict:
		return http.StatusConflict
	case codePrecondition:
		return http.StatusPreconditionFailed
	case codeEntityTooBig:
		return http.StatusRequestEntityTooLarge
	case codeThrottled:
		return http.StatusTooManyRequests
	case codeService:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, HTTPStatus: statusOf(code), Message: fmt.Sprintf(format, args...)}
}

// constraint is a violation of what the API's model says about a member.
func constraint(member string, value any, rule string) *Error {
	return errorf(codeValidation, "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s",
		value, member, rule)
}

// unsupported refuses what AWS offers and this package does not.
func unsupported(member string) *Error {
	return errorf(codeInvalidValue, "%s is not supported by the sandbox", member)
}

func functionNotFound(arn string) *Error { return errorf(codeNotFound, "Function not found: %s", arn) }

// asError gives every error the API's form; what is not meant for the caller becomes a ServiceException.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return errorf(codeService, "Service encountered an internal error: %v", err)
}

// lowerMessage tells the exceptions whose message member is lower-case in the model.
func lowerMessage(code string) bool { return code != codeNotFound && code != codeService }

// write sends the error as the REST/JSON protocol has it.
func (e *Error) write(w http.ResponseWriter) {
	body := map[string]string{"Type": "User"}
	if e.HTTPStatus >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	if lowerMessage(e.Code) {
		body["message"] = e.Message
	} else {
		body["Message"] = e.Message
	}
	if e.Reason != "" {
		body["Reason"] = e.Reason
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Errortype", e.Code)
	w.WriteHeader(e.HTTPStatus)
	// The connection may be gone; then nobody is left to be told.
	_ = json.NewEncoder(w).Encode(body)
}
