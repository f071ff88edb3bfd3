package deploy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// script is an AWS that answers each CloudFormation action with its next prepared answer, the last one for ever. It is called in
// process, so that tests may run on synthetic time.
type script struct {
	t       *testing.T
	mu      sync.Mutex
	answers map[string][]string
	asked   []url.Values
	buckets map[string]int // bucket or bucket/key to the status of HEAD
	puts    []string
}

func newScript(t *testing.T, answers map[string][]string) *script {
	s := &script{t: t, answers: answers, buckets: map[string]int{}}
	for action, answer := range map[string]string{
		"GetCallerIdentity": `<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>`,
		"ValidateTemplate":  `<ValidateTemplateResult/>`, "GetTemplateSummary": `<GetTemplateSummaryResult/>`,
		"DeleteStack": ``, "DeleteChangeSet": `<DeleteChangeSetResult/>`, "ExecuteChangeSet": `<ExecuteChangeSetResult/>`,
		"CreateChangeSet":     `<CreateChangeSetResult><Id>set</Id><StackId>id</StackId></CreateChangeSetResult>`,
		"DescribeChangeSet":   `<DescribeChangeSetResult><Status>CREATE_COMPLETE</Status></DescribeChangeSetResult>`,
		"DescribeStacks":      missing,
		"DescribeStackEvents": events(),
	} {
		if s.answers[action] == nil {
			s.answers[action] = []string{answer}
		}
	}
	return s
}

const missing = `<Error><Code>ValidationError</Code><Message>Stack with id app does not exist</Message></Error>`

func stackIs(status string) string {
	return `<DescribeStacksResult><Stacks><member><StackId>id</StackId><StackName>app</StackName><StackStatus>` + status + `</StackStatus></member></Stacks></DescribeStacksResult>`
}

// events makes one page from lines "EventId LogicalId Type Status Reason...", newest first. A logical id may have a physical id
// after =.
func events(lines ...string) string {
	var b strings.Builder
	b.WriteString("<DescribeStackEventsResult><StackEvents>")
	for _, line := range lines {
		f := append(strings.SplitN(line, " ", 5), "")
		physical := ""
		if f[2] == stackType {
			physical = "id"
		}
		if logical, id, ok := strings.Cut(f[1], "="); ok {
			f[1], physical = logical, id
		}
		fmt.Fprintf(&b, "<member><EventId>%s</EventId><LogicalResourceId>%s</LogicalResourceId><ResourceType>%s</ResourceType><ResourceStatus>%s</ResourceStatus>"+
			"<ResourceStatusReason>%s</ResourceStatusReason><PhysicalResourceId>%s</PhysicalResourceId></member>", f[0], f[1], f[2], f[3], f[4], physical)
	}
	return b.String() + "</StackEvents></DescribeStackEventsResult>"
}

func (s *script) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://aws.test"), HTTPClient: s,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// Do answers a request.
func (s *script) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if _, ok := r.Body.(io.WriterTo); ok {
		s.t.Errorf("the body of a request to %s is a %T, for which a transport may break off the answer", r.URL, r.Body)
	}
	w := httptest.NewRecorder()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		s.json(w, target[strings.LastIndex(target, ".")+1:])
	case strings.Contains(r.Header.Get("Authorization"), "/s3/aws4_request"):
		s.storage(w, r)
	default:
		s.query(w, r)
	}
	return w.Result(), nil
}

// json answers ECS and ECR; an answer that begins with ! is the code of an error.
func (s *script) json(w http.ResponseWriter, action string) {
	s.asked = append(s.asked, url.Values{"Action": {action}})
	answer := s.next(action)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if code, ok := strings.CutPrefix(answer, "!"); ok {
		w.WriteHeader(http.StatusBadRequest)
		answer = fmt.Sprintf(`{"__type":%q,"message":"no"}`, code)
	}
	fmt.Fprint(w, answer)
}

// next is the answer for an action; the last one is for ever. s.mu is held.
func (s *script) next(action string) string {
	list := s.answers[action]
	if len(list) == 0 {
		s.t.Errorf("no answer for %s", action)
		return "!Unexpected"
	}
	if len(list) > 1 {
		s.answers[action] = list[1:]
	}
	return list[0]
}

func (s *script) storage(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if r.Method == http.MethodHead {
		status := s.buckets[path]
		if status == 0 {
			status = http.StatusNotFound
		}
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(status)
		return
	}
	s.puts = append(s.puts, r.Method+" "+path)
	s.buckets[path] = http.StatusOK
}

func (s *script) query(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	s.asked = append(s.asked, r.PostForm)
	action := r.PostForm.Get("Action")
	answer := s.next(action)
	// What is asked of one stack or change set may have answers of its own.
	for _, of := range []string{"StackName", "ChangeSetName"} {
		if name := action + " " + r.PostForm.Get(of); s.answers[name] != nil {
			answer = s.next(name)
		}
	}
	if strings.HasPrefix(answer, "<Error>") {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<ErrorResponse>%s</ErrorResponse>", answer)
		return
	}
	fmt.Fprintf(w, "<%sResponse>%s</%sResponse>", action, answer, action)
}

// actions lists the CloudFormation actions that were asked for, each run of one action once.
func (s *script) actions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, a := range s.asked {
		if name := a.Get("Action"); len(out) == 0 || out[len(out)-1] != name {
			out = append(out, name)
		}
	}
	return out
}

func (s *script) last(action string) url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.asked) - 1; i >= 0; i-- {
		if s.asked[i].Get("Action") == action {
			return s.asked[i]
		}
	}
	s.t.Errorf("%s was not asked for", action)
	return nil
}
