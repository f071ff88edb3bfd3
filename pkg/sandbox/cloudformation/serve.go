package cloudformation

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"

	"github.com/google/uuid"
)

const apiVersion = "2010-05-15"

// action answers one API action with the structure that goes into its Result element; nil means an empty one.
type action func(s *Service, ctx context.Context, f form) (any, error)

// actionNamed is the table of actions.
func actionNamed(name string) action {
	switch name {
	case "CreateStack":
		return (*Service).createStack
	case "UpdateStack":
		return (*Service).updateStack
	case "DeleteStack":
		return (*Service).deleteStack
	case "DescribeStacks":
		return (*Service).describeStacks
	case "DescribeStackEvents":
		return (*Service).describeStackEvents
	case "DescribeStackResource":
		return (*Service).describeStackResource
	case "DescribeStackResources":
		return (*Service).describeStackResources
	case "ListStackResources":
		return (*Service).listStackResources
	case "ListStacks":
		return (*Service).listStacks
	case "ListExports":
		return (*Service).listExports
	case "GetTemplate":
		return (*Service).getTemplate
	case "GetTemplateSummary":
		return (*Service).getTemplateSummary
	case "ValidateTemplate":
		return (*Service).validateTemplate
	case "UpdateTerminationProtection":
		return (*Service).updateTerminationProtection
	case "CancelUpdateStack":
		return (*Service).cancelUpdateStack
	case "ContinueUpdateRollback":
		return (*Service).continueUpdateRollback
	case "ListImports":
		return (*Service).listImports
	}
	if act := changeSetAction(name); act != nil {
		return act
	}
	return driftAction(name)
}

func driftAction(name string) action {
	switch name {
	case "DetectStackDrift":
		return (*Service).detectStackDrift
	case "DetectStackResourceDrift":
		return (*Service).detectStackResourceDrift
	case "DescribeStackDriftDetectionStatus":
		return (*Service).describeStackDriftDetectionStatus
	case "DescribeStackResourceDrifts":
		return (*Service).describeStackResourceDrifts
	}
	return nil
}

func changeSetAction(name string) action {
	switch name {
	case "CreateChangeSet":
		return (*Service).createChangeSet
	case "DescribeChangeSet":
		return (*Service).describeChangeSet
	case "ExecuteChangeSet":
		return (*Service).executeChangeSet
	case "DeleteChangeSet":
		return (*Service).deleteChangeSet
	case "ListChangeSets":
		return (*Service).listChangeSets
	}
	return nil
}

// ServeHTTP answers one Query-protocol request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := uuid.NewString()
	w.Header().Set("x-amzn-RequestId", requestID)
	w.Header().Set("Content-Type", "text/xml")
	name, result, err := s.answer(w, r)
	if err != nil {
		s.writeError(w, asAPIError(err), requestID)
		return
	}
	s.writeResult(w, name, result, requestID)
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (name string, result any, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBody)
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", nil, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Request body is larger than the service accepts."}
		}
		return "", nil, &apiError{http.StatusBadRequest, "MalformedQueryString", "The request body is not a valid form."}
	}
	f := form{values: r.Form}
	name = f.text("Action")
	if name == "" {
		return "", nil, &apiError{http.StatusBadRequest, "MissingAction", "The request must contain the parameter Action."}
	}
	act := actionNamed(name)
	if v := f.text("Version"); act == nil || v != apiVersion {
		return "", nil, &apiError{http.StatusBadRequest, "InvalidAction", "Could not find operation " + clip(name) + " for version " + clip(v)}
	}
	result, err = act(s, r.Context(), f)
	return name, result, err
}

func (s *Service) writeResult(w http.ResponseWriter, name string, result any, requestID string) {
	enc := xml.NewEncoder(w)
	outer := xml.StartElement{Name: xml.Name{Space: xmlNamespace, Local: name + "Response"}}
	if result == nil {
		result = struct{}{}
	}
	err := errors.Join(
		enc.EncodeToken(outer),
		enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: name + "Result"}}),
		enc.EncodeElement(metadata{requestID}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}}),
		enc.EncodeToken(outer.End()),
		enc.Flush(),
	)
	if err != nil {
		s.log.Warn("write response", "action", name, "error", err)
	}
}

type metadata struct {
	RequestID string `xml:"RequestId"`
}

type errorResponse struct {
	XMLName xml.Name `xml:"http://cloudformation.amazonaws.com/doc/2010-05-15/ ErrorResponse"`
	Error   errorBody
	ID      string `xml:"RequestId"`
}

type errorBody struct {
	Type, Code, Message string
}

func (s *Service) writeError(w http.ResponseWriter, e *apiError, requestID string) {
	kind := "Sender"
	if e.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	w.WriteHeader(e.status)
	if err := xml.NewEncoder(w).Encode(errorResponse{Error: errorBody{kind, e.code, e.message}, ID: requestID}); err != nil {
		s.log.Warn("write error response", "code", e.code, "error", err)
	}
}

// list is a list in a response; it writes its element even when empty, as AWS does.
type list[T any] struct {
	Members []T `xml:"member"`
}

func listOf[S, T any](items []S, convert func(S) T) list[T] {
	out := list[T]{Members: make([]T, 0, len(items))}
	for _, item := range items {
		out.Members = append(out.Members, convert(item))
	}
	return out
}

func same[T any](v T) T { return v }
