package cloudformation

import (
	"errors"
	"fmt"
	"net/http"
)

// apiError is an error as the Query protocol tells it: HTTP status, code and text.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// The codes this service answers with; the model's awsQueryError traits give code and status.
func validationError(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "ValidationError", fmt.Sprintf(format, args...)}
}

func alreadyExists(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "AlreadyExistsException", fmt.Sprintf(format, args...)}
}

func limitExceeded(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "LimitExceededException", fmt.Sprintf(format, args...)}
}

func insufficientCapabilities(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "InsufficientCapabilitiesException", fmt.Sprintf(format, args...)}
}

func changeSetNotFound(name string) *apiError {
	return &apiError{http.StatusNotFound, "ChangeSetNotFound", fmt.Sprintf("ChangeSet [%s] does not exist", name)}
}

func invalidChangeSetStatus(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "InvalidChangeSetStatus", fmt.Sprintf(format, args...)}
}

// missingExportError is an import of what no stack exports. CreateStack accepts it, and the stack fails before anything of it is made:
// "No export named X found. Rollback requested by user.", and of a nested stack "Embedded stack ARN was not successfully created: No
// export named X found", as users of AWS are told (github.com/aws-cloudformation/aws-cloudformation-templates, issue 263;
// github.com/aws-samples/aws-saas-factory-bootcamp, issue 26).
type missingExportError struct{ name string }

func (e *missingExportError) Error() string { return "No export named " + clip(e.name) + " found" }

// asAPIError gives err its wire form; what is not an apiError is a mistake in the caller's template found while it was evaluated.
func asAPIError(err error) *apiError {
	var api *apiError
	if errors.As(err, &api) {
		return api
	}
	return validationError("%s", err.Error())
}

// reasonText is err as an event tells it: the message without the code.
func reasonText(err error) string {
	var api *apiError
	if errors.As(err, &api) {
		return api.message
	}
	return err.Error()
}

// HandlerError is what a Provisioner returns when AWS's own handler would name a code, such as NotFound,
// AlreadyExists or InvalidRequest. Any other error is reported as GeneralServiceException.
// A Delete that answers NotFound counts as done, as it does in AWS.
type HandlerError struct {
	Code    string
	Message string
}

// Handler error codes the engine acts on or that provisioners commonly need.
const (
	CodeNotFound       = "NotFound"
	CodeAlreadyExists  = "AlreadyExists"
	CodeInvalidRequest = "InvalidRequest"
	codeGeneral        = "GeneralServiceException"
)

// Error is the handler's message.
func (e *HandlerError) Error() string { return e.Message }

// embeddedError is what a nested stack failed with; its text is told as it is.
type embeddedError struct{ text string }

func (e *embeddedError) Error() string { return e.text }

// handlerReason is the text of the event of a resource whose provisioner failed.
func handlerReason(err error, token string) string {
	var embedded *embeddedError
	if errors.As(err, &embedded) {
		return embedded.text
	}
	code := codeGeneral
	var h *HandlerError
	if errors.As(err, &h) && h.Code != "" {
		code = h.Code
	}
	return fmt.Sprintf("Resource handler returned message: %q (RequestToken: %s, HandlerErrorCode: %s)", err.Error(), token, code)
}

func isNotFound(err error) bool {
	var h *HandlerError
	return errors.As(err, &h) && h.Code == CodeNotFound
}

// clip shortens an outside value for an error's text.
func clip(s string) string {
	if len(s) <= maxValueInErrorText {
		return s
	}
	return s[:maxValueInErrorText] + "..."
}
