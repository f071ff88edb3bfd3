package ecr

import (
	"errors"
	"fmt"
	"net/http"
)

// ErrForeign is a reference to an image of another registry.
var ErrForeign = errors.New("the image is in another registry")

// Error is an answer of the API that is not a success; its HTTP status is 400, as of every client's error here.
type Error struct {
	Code    string // as RepositoryNotFoundException
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeRepositoryNotFound = "RepositoryNotFoundException"
	CodeRepositoryExists   = "RepositoryAlreadyExistsException"
	CodeRepositoryNotEmpty = "RepositoryNotEmptyException"
	CodeImageNotFound      = "ImageNotFoundException"
	CodePolicyNotFound     = "LifecyclePolicyNotFoundException"
	CodeInvalidParameter   = "InvalidParameterException"
	CodeLimit              = "LimitExceededException"
	CodeSerialization      = "SerializationException"
	CodeUnknownOperation   = "UnknownOperationException"
)

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (s *Service) noRepository(name string) *Error {
	return errorf(CodeRepositoryNotFound, "The repository with name '%s' does not exist in the registry with id '%s'", name, s.cfg.AccountID)
}

// wireError is an answer of the registry that is not a success (distribution specification, "Error Codes").
type wireError struct {
	status        int
	code, message string
}

func (e *wireError) Error() string { return e.code + ": " + e.message }

func wire(status int, code, format string, args ...any) *wireError {
	return &wireError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// The registry's errors.
func blobUnknown(digest string) *wireError {
	return wire(http.StatusNotFound, "BLOB_UNKNOWN", "blob %s is unknown to the registry", digest)
}

func manifestUnknown(ref string) *wireError {
	return wire(http.StatusNotFound, "MANIFEST_UNKNOWN", "Requested image not found: %s", ref)
}

func uploadUnknown() *wireError {
	return wire(http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "The upload could not be found.")
}

func full(limit int64) *wireError {
	return wire(http.StatusTooManyRequests, "TOOMANYREQUESTS", "the sandbox keeps at most %d bytes of images", limit)
}
