package environment

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// runtimeClient speaks the Runtime API as a runtime does.
type runtimeClient struct {
	t   *testing.T
	api *runtimeAPI
	url string
}

func newRuntimeClient(t *testing.T) *runtimeClient {
	t.Helper()
	api := newRuntimeAPI()
	server := httptest.NewServer(api.handler())
	t.Cleanup(func() {
		close(api.closed)
		server.Close()
	})
	return &runtimeClient{t: t, api: api, url: server.URL + "/2018-06-01/runtime"}
}

// call sends a request and wants a status and, for an error, its type.
func (c *runtimeClient) call(method, path, body string, status int, kind string) *http.Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do(req, status, kind)
}

func (c *runtimeClient) do(req *http.Request, status int, kind string) *http.Response {
	c.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != status {
		c.t.Errorf("%s %s: status %d, want %d: %s", req.Method, req.URL.Path, resp.StatusCode, status, data)
	}
	var doc struct{ ErrorType string }
	if kind != "" && (json.Unmarshal(data, &doc) != nil || doc.ErrorType != kind) {
		c.t.Errorf("%s %s: %s, want %s", req.Method, req.URL.Path, data, kind)
	}
	return resp
}

// next takes an invocation, which is made here.
func (c *runtimeClient) next(payload string) *invocation {
	c.t.Helper()
	return c.nextOf(Request{ARN: "arn:f", Payload: []byte(payload), ClientContext: `{"a":1}`})
}

func (c *runtimeClient) nextOf(req Request) *invocation {
	c.t.Helper()
	inv := newInvocation(req)
	inv.deadline = time.Now().Add(time.Minute)
	go func() { c.api.work <- inv }()
	resp := c.call("GET", "/invocation/next", "", http.StatusOK, "")
	want := map[string]string{
		"Lambda-Runtime-Aws-Request-Id": inv.id, "Lambda-Runtime-Invoked-Function-Arn": "arn:f",
		"Lambda-Runtime-Deadline-Ms":    strconv.FormatInt(inv.deadline.UnixMilli(), 10),
		"Lambda-Runtime-Client-Context": `{"a":1}`,
	}
	for name, value := range want {
		if resp.Header.Get(name) != value {
			c.t.Errorf("%s is %q, want %q", name, resp.Header.Get(name), value)
		}
	}
	return inv
}

func TestInvocationCycle(t *testing.T) {
	c := newRuntimeClient(t)
	inv := c.next(`{"n":1}`)
	c.call("GET", "/invocation/next", "", http.StatusForbidden, "InvalidStateTransition")
	c.call("POST", "/invocation/other/response", `1`, http.StatusBadRequest, "InvalidRequestID")
	c.call("POST", "/invocation/"+inv.id+"/response", `{"ok":true}`, http.StatusAccepted, "")
	if out := <-inv.answered; string(out.payload) != `{"ok":true}` || out.failed {
		t.Errorf("outcome %+v", out)
	}
	c.call("POST", "/invocation/"+inv.id+"/response", `2`, http.StatusBadRequest, "InvalidRequestID")
	c.call("POST", "/init/error", `{}`, http.StatusForbidden, "InvalidStateTransition")
	c.call("GET", "/unknown", "", http.StatusNotFound, "")
}

func TestErrorDocuments(t *testing.T) {
	tests := map[string]struct {
		body string
		want string
	}{
		"a document": {`{"errorMessage":"m","errorType":"t","stackTrace":[]}`, `{"errorMessage":"m","errorType":"t","stackTrace":[]}`},
		"no JSON":    {`oops`, `{"errorType":"Custom.Kind","errorMessage":"the runtime sent no valid error document"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newRuntimeClient(t)
			inv := c.next(`{}`)
			req, err := http.NewRequestWithContext(t.Context(), "POST", c.url+"/invocation/"+inv.id+"/error", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Lambda-Runtime-Function-Error-Type", "Custom.Kind")
			c.do(req, http.StatusAccepted, "")
			if out := <-inv.answered; string(out.payload) != tt.want || !out.failed {
				t.Errorf("outcome %s, failed %v", out.payload, out.failed)
			}
		})
	}
}

func TestAnswerTooLarge(t *testing.T) {
	c := newRuntimeClient(t)
	inv := c.next(`{}`)
	c.call("POST", "/invocation/"+inv.id+"/response", strings.Repeat("x", MaxPayloadBytes+1), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
	if out := <-inv.answered; !out.failed || !strings.Contains(string(out.payload), "Function.ResponseSizeTooLarge") {
		t.Errorf("outcome %s", out.payload)
	}
}

func TestInitError(t *testing.T) {
	c := newRuntimeClient(t)
	c.call("POST", "/init/error", `{"errorMessage":"no database","errorType":"Init"}`, http.StatusAccepted, "")
	c.call("POST", "/init/error", `{}`, http.StatusForbidden, "InvalidStateTransition")
	if out := <-c.api.broken; !out.failed || !strings.Contains(string(out.payload), "no database") {
		t.Errorf("outcome %s", out.payload)
	}
}

func TestStreamedAnswer(t *testing.T) {
	tests := map[string]struct {
		trailer http.Header
		want    string
		failed  bool
	}{
		"complete": {nil, "part one, part two", false},
		"failed at the end": {http.Header{
			"Lambda-Runtime-Function-Error-Type": {"Broken"},
			"Lambda-Runtime-Function-Error-Body": {base64.StdEncoding.EncodeToString([]byte(`{"errorType":"Broken"}`))},
		}, `{"errorType":"Broken"}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newRuntimeClient(t)
			inv := c.next(`{}`)
			body := io.MultiReader(strings.NewReader("part one, "), strings.NewReader("part two"))
			req, err := http.NewRequestWithContext(t.Context(), "POST", c.url+"/invocation/"+inv.id+"/response", body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
			req.Trailer = tt.trailer
			c.do(req, http.StatusAccepted, "")
			if out := <-inv.answered; string(out.payload) != tt.want || out.failed != tt.failed {
				t.Errorf("outcome %s, failed %v", out.payload, out.failed)
			}
		})
	}
}

// TestAskingForTheNextIsNoticed: a runtime that answers and asks for the next
// invocation before anybody waits for that is free all the same. It was once taken
// for busy until the function's time was over, and with it the shard that it read.
func TestAskingForTheNextIsNoticed(t *testing.T) {
	t.Parallel()
	c := newRuntimeClient(t)
	first := c.next(`1`)
	c.call("POST", "/invocation/"+first.id+"/response", `"done"`, http.StatusAccepted, "")
	select {
	case <-first.askedNext:
		t.Error("the runtime counts as free before it has asked")
	default:
	}
	second := c.next(`2`) // asks, and gets another one
	select {
	case <-first.askedNext:
	default:
		t.Error("the runtime has asked for the next invocation, and still counts as busy")
	}
	select {
	case <-second.askedNext:
		t.Error("the second invocation is free before it has an answer")
	default:
	}
}

// What is not there is refused by its name, so that an extension's author knows.
func TestRefusedAPIs(t *testing.T) {
	c := newRuntimeClient(t)
	root := strings.TrimSuffix(c.url, "/2018-06-01/runtime")
	for path, kind := range map[string]string{
		"/2020-01-01/extension/register": "Extensions.NotSupported", "/2020-01-01/extension/event/next": "Extensions.NotSupported",
		"/2022-07-01/telemetry": "Telemetry.NotSupported", "/2020-08-15/logs": "Logs.NotSupported",
		"/2018-06-01/runtime/restore/next": "SnapStart.NotSupported",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, root+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		c.do(req, http.StatusNotImplemented, kind)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, root+"/2018-06-01/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.do(req, http.StatusOK, "")
}

// An answer for the wrong invocation reaches nobody, also when the caller wants it as a stream.
func TestWrongRequestOfAStream(t *testing.T) {
	c := newRuntimeClient(t)
	var got strings.Builder
	inv := c.nextOf(Request{ARN: "arn:f", Payload: []byte(`{}`), ClientContext: `{"a":1}`, Stream: &got})
	c.call("POST", "/invocation/other/response", `no`, http.StatusBadRequest, "InvalidRequestID")
	c.call("POST", "/invocation/"+inv.id+"/response", `yes`, http.StatusAccepted, "")
	if out := <-inv.answered; out.failed || len(out.payload) != 0 || got.String() != "yes" {
		t.Errorf("outcome %+v, and %s was streamed", out, &got)
	}
}
