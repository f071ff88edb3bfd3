package mockcognito

import (
	"fmt"
	"net/http"
)

// apiCode is an error code of the cognito-idp API.
type apiCode string

// The codes. AWS's JSON protocol sends every fault of the client with status 400, whatever the model says of others.
const (
	codeFeatureUnavailable   apiCode = "FeatureUnavailableInTierException"
	codeInternal             apiCode = "InternalErrorException"
	codeInvalidOAuthFlow     apiCode = "InvalidOAuthFlowException"
	codeInvalidParameter     apiCode = "InvalidParameterException"
	codeLimitExceeded        apiCode = "LimitExceededException"
	codeMissingToken         apiCode = "MissingAuthenticationTokenException"
	codeIncompleteSignature  apiCode = "IncompleteSignatureException"
	codeNotFound             apiCode = "ResourceNotFoundException"
	codeScopeDoesNotExist    apiCode = "ScopeDoesNotExistException"
	codeSerialization        apiCode = "SerializationException"
	codeUnknownOperation     apiCode = "UnknownOperationException"
	codeRequestTooLarge      apiCode = "RequestEntityTooLargeException"
	messageInternal                  = "An internal error occurred."
	messageDeletionProtected         = "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first."
	messageHasDomain                 = "User pool cannot be deleted. It has a domain configured that should be deleted first."
	messageFlowAndOthers             = "client_credentials flow can not be selected along with code flow or implicit flow."
	messageFlowWithoutSecret         = "client_credentials flow can not be selected if client does not have a client secret."
	messageNoCallback                = "CallbackUrls can not be empty when code flow or implicit flow is selected"
	messageOAuthIncomplete           = "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
	messageValidity                  = "Invalid range for token validity."
)

// apiError is an error answer of the API.
type apiError struct {
	code    apiCode
	message string
}

// Error is the code and the message.
func (e *apiError) Error() string { return string(e.code) + ": " + e.message }

func (e *apiError) status() int {
	switch e.code {
	case codeInternal:
		return http.StatusInternalServerError
	case codeRequestTooLarge:
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusBadRequest
	}
}

func refuse(code apiCode, format string, args ...any) *apiError {
	return &apiError{code, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *apiError {
	return refuse(codeInvalidParameter, format, args...)
}

func noPool(id string) *apiError {
	return refuse(codeNotFound, "User pool %s does not exist.", id)
}

func noClient(id string) *apiError {
	return refuse(codeNotFound, "User pool client %s does not exist.", id)
}
