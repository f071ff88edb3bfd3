package elb

import (
	"fmt"
	"net/http"
)

// Error is an answer of the API that is not a success.
type Error struct {
	Code    string // as TargetGroupNotFound
	Message string
}

// Error gives the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The errors that occur here.
const (
	CodeLoadBalancerNotFound  = "LoadBalancerNotFound"
	CodeTargetGroupNotFound   = "TargetGroupNotFound"
	CodeListenerNotFound      = "ListenerNotFound"
	CodeDuplicateLoadBalancer = "DuplicateLoadBalancerName"
	CodeDuplicateTargetGroup  = "DuplicateTargetGroupName"
	CodeDuplicateListener     = "DuplicateListener"
	CodeInUse                 = "ResourceInUse"
	CodeInvalidConfiguration  = "InvalidConfigurationRequest"
	CodeValidation            = "ValidationError"
	CodeInvalidTarget         = "InvalidTarget"
	CodeAssociationLimit      = "TargetGroupAssociationLimit"
	CodeCertificateNotFound   = "CertificateNotFound"
	CodePolicyNotFound        = "SSLPolicyNotFound"
	CodeUnsupportedProtocol   = "UnsupportedProtocol"
	CodeTooManyLoadBalancers  = "TooManyLoadBalancers"
	CodeTooManyTargetGroups   = "TooManyTargetGroups"
	CodeTooManyListeners      = "TooManyListeners"
	CodeTooManyTargets        = "TooManyTargets"
	CodeTooManyTags           = "TooManyTags"
	CodeInvalidAction         = "InvalidAction"
	CodeMalformed             = "MalformedQueryString"
	CodeInternal              = "InternalFailure"
)

// statusOf is the table of HTTP statuses; the API reference gives them: 400 for all that a client can mend.
func statusOf(code string) int {
	if code == CodeInternal {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// invalid is what the service says of a member that no rule of its own covers.
func invalid(format string, args ...any) *Error { return errorf(CodeValidation, format, args...) }

// unsupported refuses what AWS offers and this package does not.
func unsupported(what string) *Error { return invalid("%s is not supported by the sandbox", what) }

func noLoadBalancer() *Error {
	return errorf(CodeLoadBalancerNotFound, "One or more load balancers not found")
}

func noTargetGroup() *Error {
	return errorf(CodeTargetGroupNotFound, "One or more target groups not found")
}

func noListener() *Error { return errorf(CodeListenerNotFound, "One or more listeners not found") }
