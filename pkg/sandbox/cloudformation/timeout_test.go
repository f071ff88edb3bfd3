package cloudformation_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// TestTimeout runs creations that never end by themselves on a clock of their own.
func TestTimeout(t *testing.T) {
	t.Parallel()
	slow := `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "never"}}}}`
	tests := map[string]struct {
		body, minutes string
		after         time.Duration
		want          []string
	}{
		"root": {slow, "2", 2 * time.Minute, []string{
			"<StackStatus>ROLLBACK_COMPLETE</StackStatus>", "Stack creation time exceeded the specified timeout. Rollback requested by user.", "Resource creation cancelled",
		}},
		"nested": {
			`{"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://t.s3.us-east-1.amazonaws.com/slow", "TimeoutInMinutes": 3}}}}`, "", 3 * time.Minute,
			[]string{
				"<StackStatus>ROLLBACK_COMPLETE</StackStatus>", "The following resource(s) failed to create: [Child]. Rollback requested by user.",
				"was not successfully created: Stack creation time exceeded the specified timeout.",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				service, err := cloudformation.New(cloudformation.Config{
					Region: testRegion, AccountID: testAccount, Provisioners: map[string]cloudformation.Provisioner{"AWS::SQS::Queue": f},
					Templates: objects{"t/slow": slow}, SettleWait: time.Hour,
				})
				if err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				answer := ask(t, service, url.Values{"Action": {"CreateStack"}, "StackName": {"app"}, "TemplateBody": {tt.body}, "TimeoutInMinutes": {tt.minutes}})
				answer += ask(t, service, url.Values{"Action": {"DescribeStacks"}, "StackName": {"app"}}) // waits for the end
				if took := time.Since(begin); took != tt.after {
					t.Errorf("ended after %v, want %v", took, tt.after)
				}
				answer += ask(t, service, url.Values{"Action": {"DescribeStackEvents"}, "StackName": {"app"}})
				for _, want := range tt.want {
					if !strings.Contains(answer, want) {
						t.Errorf("nowhere: %s\n%s", want, answer)
					}
				}
				if err := service.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// ask calls the service without a network.
func ask(t *testing.T, service *cloudformation.Service, values url.Values) string {
	t.Helper()
	values.Set("Version", "2010-05-15")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %s", values.Get("Action"), w.Body)
	}
	return w.Body.String()
}
