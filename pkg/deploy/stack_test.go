package deploy

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const stackDone = "e9 app AWS::CloudFormation::Stack CREATE_COMPLETE"

func TestStackOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, map[string][]string{
			"DescribeStacks": {missing, `<DescribeStacksResult><Stacks><member><StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member><OutputKey>K</OutputKey><OutputValue>v</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult>`},
			"DescribeChangeSet": {`<DescribeChangeSetResult><Status>CREATE_PENDING</Status></DescribeChangeSetResult>`,
				`<DescribeChangeSetResult><Status>CREATE_COMPLETE</Status></DescribeChangeSetResult>`},
			"DescribeStackEvents": {
				events("e1 app AWS::CloudFormation::Stack REVIEW_IN_PROGRESS"),
				events("e2 Q AWS::SQS::Queue CREATE_IN_PROGRESS", "e1 app AWS::CloudFormation::Stack REVIEW_IN_PROGRESS"),
				events("e2 Q AWS::SQS::Queue CREATE_IN_PROGRESS", "e1 app AWS::CloudFormation::Stack REVIEW_IN_PROGRESS"),
				events(stackDone, "e3 Q AWS::SQS::Queue CREATE_COMPLETE", "e2 Q AWS::SQS::Queue CREATE_IN_PROGRESS"),
			},
		})
		var told []string
		out, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Tags: map[string]string{"a": "b"}, Events: func(e Event) { told = append(told, e.LogicalID+" "+e.Status) }})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Outputs{"K": "v"}, out); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"Q CREATE_IN_PROGRESS", "Q CREATE_COMPLETE", "app CREATE_COMPLETE"}, told); diff != "" {
			t.Errorf("events: %s", diff)
		}
		want := []string{"GetCallerIdentity", "ValidateTemplate", "GetTemplateSummary", "DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "ExecuteChangeSet", "DescribeStackEvents", "DescribeStacks"}
		if diff := cmp.Diff(want, s.actions()); diff != "" {
			t.Errorf("calls: %s", diff)
		}
		execute := s.last("ExecuteChangeSet")
		if execute.Get("ChangeSetName") != "set" || execute.Get("RetainExceptOnCreate") != "true" {
			t.Errorf("executed with %v", execute)
		}
	})
}

func TestStackEnds(t *testing.T) {
	t.Parallel()
	updating := []string{stackIs("UPDATE_COMPLETE")}
	failedSet := func(reason string) []string {
		return []string{`<DescribeChangeSetResult><Status>FAILED</Status><StatusReason>` + reason + `</StatusReason></DescribeChangeSetResult>`}
	}
	tests := []struct {
		name    string
		answers map[string][]string
		want    string // part of the error, empty for none
		calls   string // an action that must have been asked for
	}{
		{"no changes", map[string][]string{"DescribeStacks": updating, "DescribeChangeSet": failedSet("The submitted information didn't contain changes. Submit different information")}, "", "DeleteChangeSet"},
		{"no updates", map[string][]string{"DescribeStacks": updating, "DescribeChangeSet": failedSet("No updates are to be performed.")}, "", "DeleteChangeSet"},
		{"change set fails", map[string][]string{"DescribeStacks": updating, "DescribeChangeSet": failedSet("broken")}, "change set failed: broken", "DeleteChangeSet"},
		{"first change set fails", map[string][]string{
			"DescribeChangeSet": failedSet("broken"), "DescribeStackEvents": {events(), events("e1 app AWS::CloudFormation::Stack DELETE_COMPLETE")},
		}, "change set failed: broken", "DeleteStack"},
		{"cause is not a consequence", map[string][]string{"DescribeStackEvents": {events(), events(
			"e5 app AWS::CloudFormation::Stack ROLLBACK_COMPLETE", "e4 app AWS::CloudFormation::Stack ROLLBACK_IN_PROGRESS The following failed",
			"e3 B AWS::SQS::Queue CREATE_FAILED the cause", "e2 A AWS::SNS::Topic CREATE_FAILED Resource creation cancelled",
		)}}, "stack app ended in ROLLBACK_COMPLETE: B (AWS::SQS::Queue): the cause", ""},
		{"stack alone tells", map[string][]string{"DescribeStackEvents": {events(), events("e2 app AWS::CloudFormation::Stack UPDATE_ROLLBACK_COMPLETE Export in use")}},
			"stack app ended in UPDATE_ROLLBACK_COMPLETE: Export in use", ""},
		{"emulator pretends", map[string][]string{"DescribeStackEvents": {events(), events(
			stackDone, "e3 C AWS::ECS::Cluster CREATE_COMPLETE Resource type AWS::ECS::Cluster is not supported but was deployed as a fallback",
		)}}, "stack app: the emulator does not make AWS::ECS::Cluster, it only says so", ""},
		{"silence: the stack is asked", map[string][]string{
			"DescribeStacks": {missing, stackIs("CREATE_IN_PROGRESS"), stackIs("CREATE_COMPLETE")},
		}, "", ""},
		{"dead stack", map[string][]string{
			"DescribeStacks":      {stackIs("ROLLBACK_COMPLETE"), missing},
			"DescribeStackEvents": {events(), events("e1 app AWS::CloudFormation::Stack DELETE_COMPLETE"), events(), events(stackDone)},
		}, "", "DeleteStack"},
		{"operation under way", map[string][]string{
			"DescribeStacks":      {stackIs("UPDATE_IN_PROGRESS"), stackIs("UPDATE_ROLLBACK_COMPLETE")},
			"DescribeStackEvents": {events(), events("e1 app AWS::CloudFormation::Stack UPDATE_COMPLETE")},
		}, "", "ExecuteChangeSet"},
		{"throttled, then on", map[string][]string{
			"DescribeStackEvents": {events(), `<Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>`, events(stackDone)},
		}, "", ""},
		{"invalid template", map[string][]string{"ValidateTemplate": {`<Error><Code>ValidationError</Code><Message>Template format error: x</Message></Error>`}},
			"validate the template: operation error CloudFormation: ValidateTemplate", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, tt.answers)
				_, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x"})
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if tt.calls != "" {
					s.last(tt.calls)
				}
			})
		})
	}
}

func TestParametersFollowFromTheInput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, map[string][]string{
			"DescribeStacks": {stackIs("CREATE_COMPLETE")},
			"GetTemplateSummary": {`<GetTemplateSummaryResult><Parameters><member><ParameterKey>Given</ParameterKey></member><member><ParameterKey>Secret</ParameterKey></member>` +
				`<member><ParameterKey>Size</ParameterKey><DefaultValue>3</DefaultValue></member></Parameters></GetTemplateSummaryResult>`},
			"DescribeStackEvents": {events(), events("e1 app AWS::CloudFormation::Stack UPDATE_COMPLETE")},
		})
		if _, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Parameters: map[string]string{"Given": "g"}}); err != nil {
			t.Fatal(err)
		}
		in := s.last("CreateChangeSet")
		got := []string{in.Get("ChangeSetType"), in.Get("Parameters.member.1.ParameterKey"), in.Get("Parameters.member.1.ParameterValue"),
			in.Get("Parameters.member.2.ParameterKey"), in.Get("Parameters.member.2.UsePreviousValue"), in.Get("Parameters.member.3.ParameterKey")}
		if diff := cmp.Diff([]string{"UPDATE", "Given", "g", "Secret", "true", ""}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReplacementOfRetainedIsRefused(t *testing.T) {
	t.Parallel()
	set := `<DescribeChangeSetResult><Status>CREATE_COMPLETE</Status><Changes><member><ResourceChange><LogicalResourceId>S</LogicalResourceId><ResourceType>AWS::Kinesis::Stream</ResourceType>` +
		`<Replacement>True</Replacement><PolicyAction>ReplaceAndRetain</PolicyAction><Details><member><Target><Name>Name</Name><RequiresRecreation>Always</RequiresRecreation></Target></member></Details></ResourceChange></member></Changes></DescribeChangeSetResult>`
	for _, allow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(t, map[string][]string{
				"DescribeStacks": {stackIs("CREATE_COMPLETE")}, "DescribeChangeSet": {set},
				"DescribeStackEvents": {events(), events("e1 app AWS::CloudFormation::Stack UPDATE_COMPLETE")},
			})
			_, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", AllowReplacement: allow})
			var refused *ReplacementError
			if errors.As(err, &refused) == allow {
				t.Errorf("allowed %v: got %v", allow, err)
			}
		})
	}
}

func TestGuards(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string][]string{})
	tests := []struct {
		name string
		o    Options
		want []string
	}{
		{"everything at once", Options{StackName: "under_score", Bootstrap: "b", Parameters: map[string]string{"CodeKey": "k"}}, []string{`StackName "under_score"`, "TemplateBody: 0 bytes", "parameter CodeKey: Bootstrap decides it"}},
		{"another account", Options{StackName: "app", TemplateBody: "x", AccountID: "1"}, []string{"the credentials belong to account 123456789012, want 1"}},
		{"no binary", Options{StackName: "app", TemplateBody: "x", Bootstrap: "/does/not/exist"}, []string{"open the program"}},
	}
	for _, tt := range tests {
		_, err := Stack(t.Context(), s.config(), tt.o)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", tt.name, err, want)
			}
		}
	}
	if _, err := Destroy(t.Context(), s.config(), DestroyOptions{StackName: "1"}); err == nil {
		t.Error("Destroy took a wrong name")
	}
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, map[string][]string{
			"DescribeStacks":      {stackIs("CREATE_COMPLETE")},
			"DescribeStackEvents": {events(stackDone), events("e12 app AWS::CloudFormation::Stack DELETE_COMPLETE", "e11 S AWS::Kinesis::Stream DELETE_SKIPPED", stackDone)},
		})
		kept, err := Destroy(t.Context(), s.config(), DestroyOptions{StackName: "app"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Retained{{LogicalID: "S", Type: "AWS::Kinesis::Stream"}}, kept); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p poll
		begin := time.Now()
		pause := func() time.Duration {
			at := time.Now()
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			return time.Since(at)
		}
		if d := pause(); d != 0 {
			t.Errorf("the first call waited %v", d)
		}
		p.took(time.Millisecond)
		near := func(got, want time.Duration) bool { return got >= want*79/100 && got <= want*121/100 }
		if d := pause(); !near(d, shortestPause) {
			t.Errorf("pause %v, want about %v", d, shortestPause)
		}
		for range 20 {
			pause()
		}
		if d := pause(); !near(d, longestPause) {
			t.Errorf("pause %v, want about %v", d, longestPause)
		}
		p.news()
		if d := pause(); !near(d, shortestPause) {
			t.Errorf("pause after news %v, want about %v", d, shortestPause)
		}
		p.took(100 * time.Millisecond)
		if d := pause(); !near(d, 2*time.Second) {
			t.Errorf("pause of a far endpoint %v, want about 2s", d)
		}
		if time.Since(begin) > 2*time.Minute {
			t.Error("the pauses do not stop growing")
		}
	})
}
