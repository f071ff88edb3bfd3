package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// maxRequestBytes is the most that a request may have, as on AWS: 50 MB of archive in base64, and room.
const maxRequestBytes = 70167211

// ServeHTTP answers the REST API.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	if trimmed := strings.TrimRight(r.URL.EscapedPath(), "/"); trimmed != r.URL.EscapedPath() && trimmed != "" {
		r = r.Clone(r.Context()) // older clients end collections with a slash
		r.URL.Path, r.URL.RawPath = strings.TrimRight(r.URL.Path, "/"), trimmed
	}
	s.mux.ServeHTTP(w, r)
}

// action answers one call: a status and a body to be sent as JSON, or an error.
type action func(r *http.Request) (status int, body any, err error)

// routes serves what the table of operations says. Operations that share a path are told apart by a query parameter.
func (s *Service) routes() *http.ServeMux {
	mux := http.NewServeMux()
	shared := map[string][]Operation{}
	for _, op := range Operations() {
		pattern, _, _ := strings.Cut(op.Method+" "+op.Path, "?")
		shared[pattern] = append(shared[pattern], op)
	}
	for pattern, ops := range shared {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.meet(choose(ops, r), w, r)
		})
	}
	mux.HandleFunc("GET "+archivePath+"{archive}", s.serveArchive)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		errorf(codeUnknown, "%s %s is not supported by the sandbox", r.Method, r.URL.Path).write(w)
	})
	return mux
}

// choose picks the operation of a path whose query parameter a request has, else the one that has none.
func choose(ops []Operation, r *http.Request) Operation {
	plain := ops[0]
	for _, op := range ops {
		_, query, ok := strings.Cut(op.Path, "?")
		name, _, _ := strings.Cut(query, "=")
		switch {
		case !ok:
			plain = op
		case r.URL.Query().Has(name):
			return op
		}
	}
	return plain
}

func (s *Service) serveOperation(op Operation, w http.ResponseWriter, r *http.Request) {
	if e := s.checkQualifier(r); e != nil {
		e.write(w)
		return
	}
	switch {
	case op.stream != nil:
		op.stream(s, w, r)
	case op.serve != nil:
		action(func(r *http.Request) (int, any, error) { return op.serve(s, r) }).serve(w, r)
	default:
		errorf(codeUnknown, "%s is not supported by the sandbox", op.Name).write(w)
	}
}

func (a action) serve(w http.ResponseWriter, r *http.Request) {
	status, body, err := a(r)
	if err != nil {
		asError(err).write(w)
		return
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the connection may be gone; then nobody is left to be told
}

// decode reads a JSON body into in. Members of the list that the body sets are refused by name.
func decode(r *http.Request, in any, refused ...string) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	return decodeBody(body, in, refused...)
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errorf(codeEntityTooBig, "Request must be smaller than %d bytes", maxRequestBytes)
	case err != nil:
		return nil, errorf(codeSerialization, "the body could not be read: %v", err)
	}
	return body, nil
}

func decodeBody(body []byte, in any, refused ...string) error {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &members); err != nil {
		return errorf(codeSerialization, "the body is no JSON object: %v", err)
	}
	for _, name := range refused {
		if isSet(members[name]) {
			return unsupported(name)
		}
	}
	if err := json.Unmarshal(body, in); err != nil {
		return errorf(codeSerialization, "%v", err)
	}
	return nil
}

// isSet tells whether a member has a value that asks for something.
func isSet(value json.RawMessage) bool {
	return !slices.Contains([]string{"", "null", `""`, "{}", "[]", "false", "0", `{"ApplyOn":"None"}`, `{"TargetArn":""}`,
		`{"Filters":[]}`}, strings.ReplaceAll(string(value), " ", ""))
}

// number reads a query parameter that is a number; absent is 0.
func number(r *http.Request, name string) (int, error) { //nolint:unparam // the name is for the reader: it is the API's
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 10000 {
		return 0, constraint(strings.ToLower(name[:1])+name[1:], text, "have value less than or equal to 10000, and greater than or equal to 1")
	}
	return n, nil
}

// checkQualifier refuses a name that has another qualifier than the query.
func (s *Service) checkQualifier(r *http.Request) *Error {
	name, qualifier := r.PathValue("name"), r.URL.Query().Get("Qualifier")
	if name == "" || qualifier == "" {
		return nil
	}
	if id, e := s.parseName(name); e == nil && id.qualifier != "" && id.qualifier != qualifier {
		return errorf(codeInvalidValue, "The derived qualifier from the function name does not match the specified qualifier.")
	}
	return nil
}

// named is the function of the path, with the qualifier of the query.
func named(r *http.Request) string {
	return withQualifier(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
}

func (s *Service) serveInvoke(w http.ResponseWriter, r *http.Request) {
	out, err := s.invokeOf(r)
	if err != nil {
		asError(err).write(w)
		return
	}
	h := w.Header()
	if out.RequestID != "" {
		h.Set("X-Amzn-Requestid", out.RequestID)
	}
	if out.ExecutedVersion != "" {
		h.Set("X-Amz-Executed-Version", out.ExecutedVersion)
	}
	switch InvocationType(r.Header.Get("X-Amz-Invocation-Type")) {
	case Event:
		w.WriteHeader(http.StatusAccepted)
		return
	case DryRun:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if out.FunctionError != "" {
		h.Set("X-Amz-Function-Error", out.FunctionError)
	}
	if r.Header.Get("X-Amz-Log-Type") == "Tail" {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(out.LogTail))
	}
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(out.Payload)
}

func (s *Service) invokeOf(r *http.Request) (InvokeOutput, error) {
	in, err := readInvocation(r)
	if err != nil {
		return InvokeOutput{}, err
	}
	return s.Invoke(r.Context(), in)
}

// readInvocation reads an invocation from its headers and its body.
func readInvocation(r *http.Request) (InvokeInput, error) {
	if t := r.Header.Get("X-Amz-Log-Type"); t != "" && t != "None" && t != "Tail" {
		return InvokeInput{}, constraint("logType", t, "satisfy enum value set: [None, Tail]")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxSyncPayload+1))
	if err != nil {
		return InvokeInput{}, errorf(codeInvalidJSON, "the body could not be read: %v", err)
	}
	clientContext, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil || (len(clientContext) > 0 && !json.Valid(clientContext)) {
		return InvokeInput{}, errorf(codeInvalidJSON, "Could not parse the client context: it must be JSON in base64")
	}
	if r.Header.Get("X-Amz-Tenant-Id") != "" {
		return InvokeInput{}, unsupported("TenantId")
	}
	return InvokeInput{
		FunctionName: named(r), Type: InvocationType(r.Header.Get("X-Amz-Invocation-Type")), Payload: body,
		ClientContext: string(clientContext), overHTTP: true,
	}, nil
}

// serveInvokeAsync answers InvokeAsync, the older form of an invocation of type Event.
func (s *Service) serveInvokeAsync(r *http.Request) (int, any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxSyncPayload+1))
	if err != nil {
		return 0, nil, errorf(codeInvalidJSON, "the body could not be read: %v", err)
	}
	_, err = s.Invoke(r.Context(), InvokeInput{FunctionName: r.PathValue("name"), Type: Event, Payload: body, overHTTP: true})
	return http.StatusAccepted, struct{ Status int }{http.StatusAccepted}, err
}
