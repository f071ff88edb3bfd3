package console

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDrift(t *testing.T) {
	const difference = `<StackResourceDrifts><member><LogicalResourceId>Stream</LogicalResourceId><ResourceType>AWS::Kinesis::Stream</ResourceType><StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus>` +
		`<PropertyDifferences><member><PropertyPath>/ShardCount</PropertyPath><ExpectedValue>1</ExpectedValue><ActualValue>2</ActualValue></member></PropertyDifferences></member></StackResourceDrifts>`
	for _, tt := range []struct {
		drifts, want string
		err          error
	}{
		{"", "Everything is as the template has it.", nil},
		{difference, "/ShardCount: 1 -> 2", ErrDrift},
	} {
		answers := map[string]string{
			"GetCallerIdentity": "<Account>123456789012</Account>", "DetectStackDrift": "<StackDriftDetectionId>d</StackDriftDetectionId>",
			"DescribeStackDriftDetectionStatus": "<DetectionStatus>DETECTION_COMPLETE</DetectionStatus>", "DescribeStackResourceDrifts": tt.drifts,
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			action := r.FormValue("Action")
			fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, answers[action], action, action)
		}))
		t.Setenv("AWS_ENDPOINT_URL", server.URL)
		var out, surroundings bytes.Buffer
		c, err := Open(t.Context(), Options{Environ: []string{"AWS_ENDPOINT_URL=" + server.URL}, Templates: templates(), Out: &out, Err: &surroundings})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Drift(t.Context()); !errors.Is(err, tt.err) || !strings.Contains(out.String(), tt.want) {
			t.Errorf("got %v, %q", err, out.String())
		}
		server.Close()
	}
}
