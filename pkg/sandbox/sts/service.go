package sts

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/google/uuid"
)

const (
	// DefaultAccountID is the account of a local cloud.
	DefaultAccountID = "000000000000"
	apiVersion       = "2011-06-15"
	namespace        = "https://sts.amazonaws.com/doc/2011-06-15/"
	// maxRequestBytes bounds a form; the actions answered here have no parameters to speak of.
	maxRequestBytes = 64 << 10
)

// Service is the emulator.
type Service struct{ accountID string }

// New returns a service for an account of 12 digits; "" means [DefaultAccountID].
func New(accountID string) (*Service, error) {
	if accountID == "" {
		accountID = DefaultAccountID
	}
	if !regexp.MustCompile(`^\d{12}$`).MatchString(accountID) {
		return nil, fmt.Errorf("sts: account id %q must have 12 digits", accountID)
	}
	return &Service{accountID: accountID}, nil
}

type identityResponse struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	Namespace string   `xml:"xmlns,attr"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

type errorResponse struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// ServeHTTP answers the Query protocol, by GET or POST.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	if err := r.ParseForm(); err != nil {
		refuse(w, id, "MalformedQueryString", "The query string contains a syntax error: "+err.Error())
		return
	}
	action, version := r.Form.Get("Action"), r.Form.Get("Version")
	switch {
	case action == "":
		refuse(w, id, "MissingAction", "The request is missing an action")
	case action != "GetCallerIdentity" || (version != "" && version != apiVersion):
		refuse(w, id, "InvalidAction", fmt.Sprintf("Could not find operation %s for version %s", action, version))
	default:
		write(w, id, http.StatusOK, identityResponse{
			Namespace: namespace, ARN: "arn:aws:iam::" + s.accountID + ":root", UserID: s.accountID, Account: s.accountID,
			RequestID: id,
		})
	}
}

func refuse(w http.ResponseWriter, id, code, message string) {
	write(w, id, http.StatusBadRequest, errorResponse{
		Namespace: namespace, Type: "Sender", Code: code, Message: message, RequestID: id,
	})
}

func write(w http.ResponseWriter, id string, status int, body any) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-Requestid", id)
	w.WriteHeader(status)
	// The connection may be gone; then nobody is left to be told.
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(body)
}
