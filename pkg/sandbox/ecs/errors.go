package ecs

import (
	"fmt"
	"net/http"
)

// Error is an answer of the API that is not a success.
type Error struct {
	Code    string // as ClusterNotFoundException
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeClient           = "ClientException"
	CodeInvalidParameter = "InvalidParameterException"
	CodeClusterNotFound  = "ClusterNotFoundException"
	CodeServiceNotFound  = "ServiceNotFoundException"
	CodeServiceNotActive = "ServiceNotActiveException"
	CodeHasServices      = "ClusterContainsServicesException"
	CodeHasTasks         = "ClusterContainsTasksException"
	CodeUnsupported      = "UnsupportedFeatureException"
	CodePlatformUnknown  = "PlatformUnknownException"
	CodeLimit            = "LimitExceededException"
	CodeSerialization    = "SerializationException"
	CodeUnknownOperation = "UnknownOperationException"
	CodeServer           = "ServerException"
	messageNoTaskDef     = "TaskDefinition not found."
	messageNotIdempotent = "Creation of service was not idempotent."
)

// statusOf is the table of HTTP statuses; the API reference gives them: 400 for all that a client can mend.
func statusOf(code string) int {
	if code == CodeServer {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error {
	return errorf(CodeInvalidParameter, format, args...)
}

func client(format string, args ...any) *Error { return errorf(CodeClient, format, args...) }

// unsupported refuses what AWS offers and this package does not.
func unsupported(format string, args ...any) *Error {
	return errorf(CodeUnsupported, format+" is not supported by the sandbox", args...)
}

func noCluster() *Error { return errorf(CodeClusterNotFound, "Cluster not found.") }

func noService() *Error { return errorf(CodeServiceNotFound, "Service not found.") }
