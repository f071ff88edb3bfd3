package sandbox

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway/spillway/pkg/sandbox/freeport"
)

var updateStacks = flag.Bool("update", false, "rewrite the want section of testdata/stacks/*.txtar with what happens")

// TestStacks runs every testdata/stacks/*.txtar against a sandbox of its own: what public examples of this kind of system are built
// like, and their mistakes. A file named "N VERB STACK" is one step: create or delete a stack, or token, which asks the token endpoint
// for a token of the stack's outputs Client, Secret and Domain. PORT is a free port, and ARCH this machine's architecture. The section
// want is the transcript of all steps: the error, or the status with what failed and the outputs.
func TestStacks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stacks/*.txtar")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runStacks(t, file)
		})
	}
}

func runStacks(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pools := userPools(t)
	_, cfg, stop := started(t, Config{StateDir: t.TempDir(), Cognito: pools})
	t.Cleanup(stop)
	s := &stackScript{T: t, cfg: cfg, pools: pools, port: strconv.Itoa(freeport.Find(t))}
	var want []byte
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = f.Data
			continue
		}
		fmt.Fprintf(&s.out, "# %s\n", f.Name)
		s.step(strings.Fields(f.Name), string(f.Data))
	}
	got := s.plain()
	if *updateStacks {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("transcript (-want +got):\n%s", diff)
	}
}

// stackScript is a script that runs.
type stackScript struct {
	*testing.T
	cfg         aws.Config
	pools, port string
	out         bytes.Buffer
}

func (s *stackScript) step(name []string, body string) {
	verb, d := name[1], deploying(s.T, s.cfg, name[2])
	switch verb {
	case "create":
		body = strings.NewReplacer("PORT", s.port, "ARCH", hostArchitecture()).Replace(body)
		_, err := d.cfn.CreateStack(s.Context(), &awscloudformation.CreateStackInput{StackName: &d.name, TemplateBody: &body, Capabilities: allCapabilities()})
		var refused smithy.APIError
		switch {
		case errors.As(err, &refused):
			fmt.Fprintf(&s.out, "error %s: %s\n", refused.ErrorCode(), refused.ErrorMessage())
		case err != nil:
			s.Fatal(err)
		default:
			s.tell(d)
		}
	case "delete":
		d.delete()
	case "token":
		s.token(s.stack(d).outputs)
	default:
		s.Fatalf("unknown verb %q", verb)
	}
}

// ended is how an operation on a stack ended.
type ended struct {
	status, reason string
	outputs        map[string]string
}

// stack waits for the end of an operation.
func (s *stackScript) stack(d deployment) ended {
	for {
		out, err := d.cfn.DescribeStacks(s.Context(), &awscloudformation.DescribeStacksInput{StackName: &d.name})
		if err != nil {
			s.Fatal(err)
		}
		e := ended{status: string(out.Stacks[0].StackStatus), reason: aws.ToString(out.Stacks[0].StackStatusReason), outputs: map[string]string{}}
		if strings.HasSuffix(e.status, "_IN_PROGRESS") {
			continue // the answer waits for a change
		}
		for _, o := range out.Stacks[0].Outputs {
			e.outputs[*o.OutputKey] = *o.OutputValue
		}
		return e
	}
}

// tell writes how a stack ended, why it is rolled back, what failed by itself, and its outputs.
func (s *stackScript) tell(d deployment) {
	e := s.stack(d)
	fmt.Fprintln(&s.out, strings.TrimSpace(e.status+" "+e.reason))
	events, err := d.cfn.DescribeStackEvents(s.Context(), &awscloudformation.DescribeStackEventsInput{StackName: &d.name})
	if err != nil {
		s.Fatal(err)
	}
	var lines []string
	for _, v := range events.StackEvents {
		reason := aws.ToString(v.ResourceStatusReason)
		if text := string(v.ResourceStatus); strings.HasSuffix(text, "_FAILED") && !strings.Contains(reason, "cancelled") || text == "ROLLBACK_IN_PROGRESS" {
			lines = append(lines, fmt.Sprintf(" %s %s %s", *v.LogicalResourceId, text, reason))
		}
	}
	for k, v := range e.outputs {
		lines = append(lines, fmt.Sprintf("output %s=%s", k, v))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(&s.out, line)
	}
}

// token writes what the token endpoint answers.
func (s *stackScript) token(outputs map[string]string) {
	form := url.Values{"grant_type": {"client_credentials"}}
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.pools+"/"+outputs["Domain"]+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(outputs["Client"], outputs["Secret"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK {
		answer = []byte("a token")
	}
	fmt.Fprintf(&s.out, "%d %s\n", resp.StatusCode, answer)
}

var unsteady = []struct {
	text *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`-[0-9A-Z]{12}\b`), "-RANDOM"},
	{regexp.MustCompile(`\b(vpc|subnet|sg)-0[0-9a-f]{16}`), "$1-ID"},
	{regexp.MustCompile(`\b0[0-9a-f]{16}\b`), "ID"},
	{regexp.MustCompile(`(output (Client|Secret)=)[0-9a-z]+`), "${1}RANDOM"},
	{regexp.MustCompile(`\b127\.(0|32)\.0\.\d+`), "ADDRESS"},
	{regexp.MustCompile(`(us-east-1_)[0-9A-Za-z]{9}`), "${1}RANDOM"},
}

// plain is the transcript without what differs from run to run.
func (s *stackScript) plain() string {
	text := strings.ReplaceAll(s.out.String(), s.port, "PORT")
	for _, u := range unsteady {
		text = u.text.ReplaceAllString(text, u.as)
	}
	return text
}
