package deploy

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// nestedStack is the id of a stack in the stack.
const nestedStack = "arn:aws:cloudformation:us-east-1:123456789012:stack/app-Inner-1/x"

func TestEventsOfNestedStacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := "Inner=" + nestedStack
		s := newScript(t, map[string][]string{
			"DescribeStackEvents": {events(),
				events("e1 "+inner+" AWS::CloudFormation::Stack CREATE_IN_PROGRESS", "e0 app AWS::CloudFormation::Stack CREATE_IN_PROGRESS"),
				events("e3 app AWS::CloudFormation::Stack ROLLBACK_COMPLETE", "e2 "+inner+" AWS::CloudFormation::Stack CREATE_FAILED Embedded stack was not successfully created",
					"e1 "+inner+" AWS::CloudFormation::Stack CREATE_IN_PROGRESS", "e0 app AWS::CloudFormation::Stack CREATE_IN_PROGRESS"),
			},
			"DescribeStackEvents " + nestedStack: {
				events("n2 Q AWS::SQS::Queue CREATE_IN_PROGRESS", "n1 app-Inner-1="+nestedStack+" AWS::CloudFormation::Stack CREATE_IN_PROGRESS"),
				events("n4 T AWS::SNS::Topic CREATE_FAILED Resource creation cancelled", "n3 Q AWS::SQS::Queue CREATE_FAILED the cause",
					"n2 Q AWS::SQS::Queue CREATE_IN_PROGRESS", "n1 app-Inner-1="+nestedStack+" AWS::CloudFormation::Stack CREATE_IN_PROGRESS"),
			},
		})
		var told []string
		_, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Events: func(e Event) {
			told = append(told, strings.TrimPrefix(e.Path+"/"+e.LogicalID+" "+e.Status, "/"))
		}})
		var failed *FailedError
		if !errors.As(err, &failed) || failed.LogicalID != "Inner/Q" || failed.Reason != "the cause" {
			t.Errorf("got %v", err)
		}
		want := []string{"app CREATE_IN_PROGRESS", "Inner CREATE_IN_PROGRESS", "Inner/Q CREATE_IN_PROGRESS", "Inner CREATE_FAILED", "app ROLLBACK_COMPLETE",
			"Inner/Q CREATE_FAILED", "Inner/T CREATE_FAILED"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
	})
}

// change is a member of a change set.
func change(action, logical, kind, more string) string {
	return `<member><ResourceChange><Action>` + action + `</Action><LogicalResourceId>` + logical + `</LogicalResourceId><ResourceType>` + kind + `</ResourceType>` + more + `</ResourceChange></member>`
}

func set(changes ...string) string {
	return `<DescribeChangeSetResult><Status>CREATE_COMPLETE</Status><Changes>` + strings.Join(changes, "") + `</Changes></DescribeChangeSetResult>`
}

func detail(name, before, after, replaces, cause string) string {
	return `<member><Target><Attribute>Properties</Attribute><Name>` + name + `</Name><BeforeValue>` + before + `</BeforeValue><AfterValue>` + after +
		`</AfterValue><RequiresRecreation>` + replaces + `</RequiresRecreation></Target><CausingEntity>` + cause + `</CausingEntity></member>`
}

func TestPlanOfNestedStacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, map[string][]string{
			"DescribeStacks": {stackIs("CREATE_COMPLETE")},
			"DescribeChangeSet": {set(
				change("Modify", "Data", stackType, `<Replacement>False</Replacement><ChangeSetId>inner</ChangeSetId>`),
				change("Add", "New", "AWS::SQS::Queue", ""),
			)},
			"DescribeChangeSet inner": {set(
				change("Modify", "Stream", "AWS::Kinesis::Stream", `<Replacement>True</Replacement><Details>`+detail("Name", "old", "new", "Always", "")+
					detail("Name", "", "", "Always", "StreamName")+detail("KeyId", "k", later, "Conditionally", "Key")+detail("RetentionPeriodHours", "24", "48", "Never", "Hours")+`</Details>`),
				change("Remove", "Cache", "AWS::ElastiCache::ServerlessCache", `<PolicyAction>Delete</PolicyAction>`),
				change("Modify", "Function", "AWS::Lambda::Function", `<Replacement>Conditional</Replacement><Details>`+detail("VpcConfig", "", "", "Conditionally", "Group.GroupId")+`</Details>`),
			)},
		})
		p, err := Prepare(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Nested: fstest.MapFS{"inner.yaml": {Data: []byte("y")}}})
		if err != nil {
			t.Fatal(err)
		}
		in := s.last("CreateChangeSet")
		if in.Get("IncludeNestedStacks") != "true" || in.Get("Capabilities.member.1") != "CAPABILITY_IAM" || in.Get("Capabilities.member.2") != "CAPABILITY_AUTO_EXPAND" {
			t.Errorf("asked with %v", in)
		}
		var out bytes.Buffer
		p.Write(&out, false)
		want := `Stack app, changed:
  ~ Data                           AWS::CloudFormation::Stack
    ! Stream                       AWS::Kinesis::Stream  REPLACED because of Name  (it holds data)
        Name: old -> new (from StreamName)
        KeyId: k -> (known later) (from Key)
        RetentionPeriodHours: 24 -> 48 (from Hours)
    - Cache                        AWS::ElastiCache::ServerlessCache  (it holds data)
    ! Function                     AWS::Lambda::Function  may be replaced because of VpcConfig
        VpcConfig (from Group.GroupId)
  + New                            AWS::SQS::Queue
1 to add, 0 to change, 2 to replace, 1 to remove.
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
		out.Reset()
		p.Write(&out, true)
		if !strings.Contains(out.String(), red+"    ! Stream") || !strings.Contains(out.String(), red+"        Name: old -> new") || strings.Contains(out.String(), red+"        Retention") {
			t.Errorf("colours: %q", out.String())
		}
		wantErr := "Data/Stream (AWS::Kinesis::Stream) because of Name; Data/Cache (AWS::ElastiCache::ServerlessCache), which would be removed"
		if _, err := p.Execute(t.Context()); err == nil || !strings.Contains(err.Error(), wantErr) {
			t.Errorf("got %v", err)
		}
		if s.last("DeleteChangeSet").Get("ChangeSetName") != "set" {
			t.Error("the change set was left")
		}
	})
}

func TestLongValuesAreCutWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	same := strings.Repeat("x", 200)
	for _, tt := range [][4]string{
		{"a", "b", "a", "b"},
		{"", "b\n  c", "(none)", "b c"},
		{same + "1", same + "2", "…" + strings.Repeat("x", maxShown/2) + "1", "…" + strings.Repeat("x", maxShown/2) + "2"},
		{same, "y", strings.Repeat("x", maxShown-1) + "…", "y"},
	} {
		before, after := apart(tt[0], tt[1])
		if diff := cmp.Diff(tt[2:], []string{before, after}); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNestedTemplatesAreUploadedByContent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		declared := `<GetTemplateSummaryResult><Parameters><member><ParameterKey>TemplateUrl</ParameterKey></member></Parameters></GetTemplateSummaryResult>`
		url := func(content string) string {
			s := newScript(t, map[string][]string{"GetTemplateSummary": {declared}, "DescribeStackEvents": {events(), events(stackDone)}})
			if _, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Nested: fstest.MapFS{"a.yaml": {Data: []byte(content)}, "b.yaml": {Data: []byte("b")}}}); err != nil {
				t.Fatal(err)
			}
			in := s.last("CreateChangeSet")
			url := in.Get("Parameters.member.1.ParameterValue")
			prefix, ok := strings.CutPrefix(url, "http://aws.test/")
			if in.Get("Parameters.member.1.ParameterKey") != "TemplateUrl" || !ok {
				t.Fatalf("asked with %v", in)
			}
			if diff := cmp.Diff([]string{"PUT spillway-artifacts-123456789012-us-east-1", "PUT " + prefix + "/a.yaml", "PUT " + prefix + "/b.yaml"}, s.puts); diff != "" {
				t.Error(diff)
			}
			return url
		}
		if one, again, other := url("1"), url("1"), url("2"); one != again || one == other {
			t.Errorf("%s, %s, %s", one, again, other)
		}
	})
}

func TestParametersAreRefusedTogether(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string][]string{"GetTemplateSummary": {`<GetTemplateSummaryResult><Parameters><member><ParameterKey>Needed</ParameterKey><Description>what for</Description></member>` +
		`<member><ParameterKey>Mode</ParameterKey><DefaultValue>a</DefaultValue><ParameterConstraints><AllowedValues><member>a</member><member>b</member></AllowedValues></ParameterConstraints></member>` +
		`</Parameters></GetTemplateSummaryResult>`}})
	_, err := Prepare(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Parameters: map[string]string{"Mode": "c", "Typo": "1"}})
	for _, want := range []string{"parameter Needed has no default: what for", `parameter Mode is "c": want one of a, b`, "parameter Typo: the template has none of that name; it has Mode, Needed"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, action := range s.actions() {
		if action == "CreateChangeSet" {
			t.Error("a change set was made")
		}
	}
}

func TestServicesTellWhyTasksStop(t *testing.T) {
	t.Parallel()
	const service = "arn:aws:ecs:us-east-1:123456789012:service/cluster/name"
	failing := map[string][]string{
		"DescribeServices": {`{"services":[{"events":[{"id":"s1","createdAt":10,"message":"has started 1 tasks"}]}]}`},
		"ListTasks":        {`{"taskArns":["t1","t2"]}`},
		"DescribeTasks": {`{"tasks":[{"taskArn":"t1","stoppedAt":11,"stopCode":"EssentialContainerExited","stoppedReason":"Essential container in task exited",` +
			`"containers":[{"name":"gateway","exitCode":2}]},{"taskArn":"t2","stoppedAt":12,"stopCode":"ServiceSchedulerInitiated","stoppedReason":"Scaling activity initiated by (deployment x)"}]}`},
	}
	tests := []struct {
		name    string
		answers map[string][]string
		told    []string
		want    string
	}{
		{"a task that exits", failing, []string{"ECS has started 1 tasks", "TASK_STOPPED Essential container in task exited; container gateway exited with 2"}, "timed out; a task stopped: Essential container in task exited; container gateway exited with 2"},
		{"ECS may not be asked", map[string][]string{"DescribeServices": {"!AccessDeniedException"}}, nil, "timed out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answers := map[string][]string{"DescribeStackEvents": {events(),
					events("e1 Service=" + service + " AWS::ECS::Service CREATE_IN_PROGRESS"),
					events("e3 app AWS::CloudFormation::Stack ROLLBACK_COMPLETE", "e2 Service="+service+" AWS::ECS::Service CREATE_FAILED timed out", "e1 Service="+service+" AWS::ECS::Service CREATE_IN_PROGRESS"),
				}}
				for action, list := range tt.answers {
					answers[action] = list
				}
				s := newScript(t, answers)
				var told []string
				_, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x", Events: func(e Event) {
					if e.Status == statusService || e.Status == statusStopped {
						told = append(told, e.Status+" "+e.Reason)
					}
				}})
				if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if diff := cmp.Diff(tt.told, told); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestDriftGoesIntoNestedStacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, map[string][]string{
			"DetectStackDrift":                  {`<DetectStackDriftResult><StackDriftDetectionId>d</StackDriftDetectionId></DetectStackDriftResult>`},
			"DescribeStackDriftDetectionStatus": {`<DescribeStackDriftDetectionStatusResult><DetectionStatus>DETECTION_IN_PROGRESS</DetectionStatus></DescribeStackDriftDetectionStatusResult>`, `<DescribeStackDriftDetectionStatusResult><DetectionStatus>DETECTION_COMPLETE</DetectionStatus></DescribeStackDriftDetectionStatusResult>`},
			"DescribeStackResourceDrifts":       {`<DescribeStackResourceDriftsResult/>`},
			"DescribeStackResourceDrifts " + nestedStack: {`<DescribeStackResourceDriftsResult><StackResourceDrifts><member><LogicalResourceId>Stream</LogicalResourceId><ResourceType>AWS::Kinesis::Stream</ResourceType>` +
				`<StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><PropertyDifferences><member><PropertyPath>/ShardCount</PropertyPath><ExpectedValue>1</ExpectedValue><ActualValue>2</ActualValue></member></PropertyDifferences></member></StackResourceDrifts></DescribeStackResourceDriftsResult>`},
			"ListStackResources": {`<ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>Data</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><PhysicalResourceId>` + nestedStack +
				`</PhysicalResourceId></member><member><LogicalResourceId>Old</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><PhysicalResourceId>gone</PhysicalResourceId>` +
				`<ResourceStatus>DELETE_COMPLETE</ResourceStatus></member></StackResourceSummaries></ListStackResourcesResult>`},
			"ListStackResources " + nestedStack: {`<ListStackResourcesResult/>`},
		})
		got, err := Drift(t.Context(), s.config(), DriftOptions{StackName: "app"})
		if err != nil {
			t.Fatal(err)
		}
		want := []Drifted{{LogicalID: "Data/Stream", Type: "AWS::Kinesis::Stream", Status: "MODIFIED", Differences: []Difference{{"/ShardCount", "1", "2"}}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestImageGoesNowhereElse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		repository, endpoint string
		want                 bool
	}{
		{"123456789012.dkr.ecr.us-east-1.amazonaws.com/x", "", false},
		{"123456789012.dkr.ecr.us-east-1.amazonaws.com/x", "http://127.0.0.1:5000", true},
		{"123456789012.dkr.ecr.us-east-1.amazonaws.com/x", "https://vpce-1.api.ecr.us-east-1.vpce.amazonaws.com", false},
		{"127.0.0.1:4566/x", "http://127.0.0.1:4566", false},
	} {
		var endpoint *string
		if tt.endpoint != "" {
			endpoint = &tt.endpoint
		}
		if got := foreign(tt.repository, endpoint); got != tt.want {
			t.Errorf("%s at %q: %v", tt.repository, tt.endpoint, got)
		}
	}
}

func TestEmulatorThatPretends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, map[string][]string{"DescribeStackEvents": {events(), events(stackDone, "e1 LB=unknown AWS::ElasticLoadBalancingV2::LoadBalancer CREATE_COMPLETE a license is needed")}})
		_, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x"})
		var pretends *UnsupportedError
		if !errors.As(err, &pretends) || pretends.Types[0] != "AWS::ElasticLoadBalancingV2::LoadBalancer" {
			t.Errorf("got %v", err)
		}
	})
}

func TestNestedStacksThatAreNotThere(t *testing.T) {
	t.Parallel()
	resource := func(id string) string {
		return `<DescribeStackResourceResult><StackResourceDetail><LogicalResourceId>Data</LogicalResourceId><PhysicalResourceId>` + id + `</PhysicalResourceId></StackResourceDetail></DescribeStackResourceResult>`
	}
	const fails = `<Error><Code>InternalFailure</Code><Message>no</Message></Error>`
	inner := set(change("Add", "Deep", stackType, ""), change("Remove", "Old", stackType, ""))
	told := "e1 Data=" + nestedStack + " AWS::CloudFormation::Stack CREATE_COMPLETE"
	tests := []struct {
		name    string
		events  string
		answers map[string]string
		want    []string
		asks    bool
	}{
		{"no event, and it cannot be described", events(stackDone), map[string]string{"DescribeStackResource": fails}, []string{"Data (AWS::CloudFormation::Stack, which cannot be described)"}, true},
		{"no event and no physical id", events(stackDone), map[string]string{"DescribeStackResource": resource("")}, []string{"Data (AWS::CloudFormation::Stack, which has no physical id)"}, true},
		{"no event, and an id of nothing", events(stackDone), map[string]string{"DescribeStackResource": resource("gone"), "DescribeStacks gone": missing}, []string{"Data (AWS::CloudFormation::Stack, which is not there)"}, true},
		{"no event, and it never ends", events(stackDone), map[string]string{"DescribeStackResource": resource("slow"), "DescribeStacks slow": stackIs("CREATE_IN_PROGRESS")}, []string{"Data (AWS::CloudFormation::Stack, which is still in CREATE_IN_PROGRESS)"}, true},
		{"no event, and it is there with all that is in it", events(stackDone), map[string]string{"DescribeStackResource": resource("there"), "DescribeStacks there": stackIs("CREATE_COMPLETE")}, nil, true},
		{"told, and one in it is not there", events(stackDone, told), map[string]string{"DescribeStackResource": fails, "DescribeStackResource " + nestedStack: resource("")}, []string{"Data/Deep (AWS::CloudFormation::Stack, which has no physical id)"}, true},
		{"all told", events(stackDone, told), map[string]string{"DescribeStackEvents " + nestedStack: events("n1 Deep=" + nestedStack + "2 AWS::CloudFormation::Stack CREATE_COMPLETE")}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answers := map[string][]string{
					"DescribeStackEvents": {events(), tt.events}, "DescribeStackEvents " + nestedStack: {events()}, "DescribeStackEvents " + nestedStack + "2": {events()},
					"DescribeChangeSet": {set(change("Add", "Data", stackType, `<ChangeSetId>inner</ChangeSetId>`))}, "DescribeChangeSet inner": {inner},
				}
				for action, answer := range tt.answers {
					answers[action] = []string{answer}
				}
				s := newScript(t, answers)
				_, err := Stack(t.Context(), s.config(), Options{StackName: "app", TemplateBody: "x"})
				var pretends *UnsupportedError
				switch {
				case tt.want == nil && err != nil:
					t.Error(err)
				case tt.want != nil && !errors.As(err, &pretends):
					t.Errorf("got %v, want %q", err, tt.want)
				case tt.want != nil:
					if diff := cmp.Diff(tt.want, pretends.Nested); diff != "" {
						t.Error(diff)
					}
				}
				if asked := slices.Contains(s.actions(), "DescribeStackResource"); asked != tt.asks {
					t.Errorf("asked for resources: %t", asked)
				}
			})
		})
	}
}
