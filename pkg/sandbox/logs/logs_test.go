package logs_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/logs"
)

const group = "/aws/lambda/f"

// clock is a time that tests set; a test has it to itself.
type clock struct{ now time.Time }

func newService(t *testing.T, maxBytes int64) (*logs.Service, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	svc, err := logs.New(logs.Config{Region: "us-east-1", AccountID: "000000000000", MaxBytes: maxBytes, Clock: func() time.Time { return c.now }})
	if err != nil {
		t.Fatal(err)
	}
	return svc, c
}

func serve(t *testing.T, svc *logs.Service) (*cloudwatchlogs.Client, string) {
	t.Helper()
	server := httptest.NewServer(svc)
	t.Cleanup(server.Close)
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	}), server.URL
}

func appendTo(t *testing.T, svc *logs.Service, stream string, messages ...string) {
	t.Helper()
	if err := svc.Append(group, stream, messages...); err != nil {
		t.Fatal(err)
	}
}

// What `aws logs tail --follow` asks for: everything since a time, then again from the last event's time on, without those
// whose ids it has seen.
func TestFollow(t *testing.T) {
	t.Parallel()
	svc, clock := newService(t, 0)
	c, _ := serve(t, svc)
	seen, start := map[string]bool{}, clock.now.UnixMilli()
	read := func() (lines []string) {
		t.Helper()
		in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group), StartTime: &start, Limit: aws.Int32(2)}
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(c, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				start = max(start, *e.Timestamp)
				if !seen[*e.EventId] {
					seen[*e.EventId] = true
					lines = append(lines, *e.LogStreamName+" "+*e.Message)
				}
			}
		}
		return lines
	}
	appendTo(t, svc, "a", "1\n", "2\n")
	appendTo(t, svc, "b", "3\n")
	appendTo(t, svc, "a", "4\n")
	if diff := cmp.Diff([]string{"a 1\n", "a 2\n", "b 3\n", "a 4\n"}, read()); diff != "" {
		t.Error(diff)
	}
	appendTo(t, svc, "b", "5\n")
	clock.now = clock.now.Add(time.Second)
	appendTo(t, svc, "a", "6\n")
	if diff := cmp.Diff([]string{"b 5\n", "a 6\n"}, read()); diff != "" {
		t.Error(diff)
	}
	if lines := read(); len(lines) != 0 {
		t.Errorf("nothing is new, and there is %q", lines)
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	svc, clock := newService(t, 0)
	c, _ := serve(t, svc)
	begun := clock.now
	for i, line := range []string{"ERROR one", "WARN two", "ERROR three times", "ok"} {
		clock.now = begun.Add(time.Duration(i) * time.Minute)
		appendTo(t, svc, fmt.Sprintf("%d/x", i), line)
	}
	at := func(minutes int) *int64 {
		return aws.Int64(begun.Add(time.Duration(minutes) * time.Minute).UnixMilli())
	}
	tests := map[string]struct {
		in   cloudwatchlogs.FilterLogEventsInput
		want []string
	}{
		"all":      {cloudwatchlogs.FilterLogEventsInput{}, []string{"ERROR one", "WARN two", "ERROR three times", "ok"}},
		"a word":   {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String("ERROR")}, []string{"ERROR one", "ERROR three times"}},
		"a phrase": {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String(`"three times"`)}, []string{"ERROR three times"}},
		"both":     {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String("ERROR one")}, []string{"ERROR one"}},
		"not":      {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String("ERROR -one")}, []string{"ERROR three times"}},
		"either":   {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String("?two ?ok")}, []string{"WARN two", "ok"}},
		"a time":   {cloudwatchlogs.FilterLogEventsInput{StartTime: at(1), EndTime: at(2)}, []string{"WARN two", "ERROR three times"}},
		"a stream": {cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"3/x"}}, []string{"ok"}},
		"a prefix": {cloudwatchlogs.FilterLogEventsInput{LogStreamNamePrefix: aws.String("1/")}, []string{"WARN two"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.in.LogGroupIdentifier = aws.String("arn:aws:logs:us-east-1:000000000000:log-group:" + group)
			out, err := c.FilterLogEvents(t.Context(), &tt.in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range out.Events {
				got = append(got, *e.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGetLogEventsForwardAndBackward(t *testing.T) {
	t.Parallel()
	svc, _ := newService(t, 0)
	c, _ := serve(t, svc)
	appendTo(t, svc, "s", "1", "2", "3", "4", "5")
	get := func(in cloudwatchlogs.GetLogEventsInput, want ...string) *cloudwatchlogs.GetLogEventsOutput {
		t.Helper()
		in.LogGroupName, in.LogStreamName, in.Limit = aws.String(group), aws.String("s"), aws.Int32(2)
		out, err := c.GetLogEvents(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range out.Events {
			got = append(got, *e.Message)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return out
	}
	out := get(cloudwatchlogs.GetLogEventsInput{StartFromHead: aws.Bool(true)}, "1", "2")
	out = get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextForwardToken}, "3", "4")
	out = get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextForwardToken}, "5")
	end := get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextForwardToken})
	if *end.NextForwardToken != *out.NextForwardToken {
		t.Error("the end has another token than it was asked with")
	}
	out = get(cloudwatchlogs.GetLogEventsInput{}, "4", "5")
	get(cloudwatchlogs.GetLogEventsInput{NextToken: out.NextBackwardToken}, "2", "3")
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	svc, clock := newService(t, 0)
	c, _ := serve(t, svc)
	for _, name := range []string{"/aws/lambda/g", "/ecs/h"} {
		if _, err := c.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	appendTo(t, svc, "old", "x")
	clock.now = clock.now.Add(time.Hour)
	appendTo(t, svc, "new", "y")
	if _, err := c.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String(group), RetentionInDays: aws.Int32(7)}); err != nil {
		t.Fatal(err)
	}
	var names []string
	groups := cloudwatchlogs.NewDescribeLogGroupsPaginator(c, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/"), Limit: aws.Int32(1)})
	for groups.HasMorePages() {
		page, err := groups.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range page.LogGroups {
			names = append(names, fmt.Sprintf("%s %d", *g.LogGroupName, aws.ToInt32(g.RetentionInDays)))
		}
	}
	if diff := cmp.Diff([]string{group + " 7", "/aws/lambda/g 0"}, names); diff != "" {
		t.Error(diff)
	}
	out, err := c.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String(group), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)})
	if err != nil || len(out.LogStreams) != 2 || *out.LogStreams[0].LogStreamName != "new" || *out.LogStreams[0].LastEventTimestamp != clock.now.UnixMilli() {
		t.Errorf("streams %+v, %v", out, err)
	}
	clock.now = clock.now.AddDate(0, 0, 7)
	events, err := c.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group)})
	if err != nil || len(events.Events) != 1 || *events.Events[0].Message != "y" {
		t.Errorf("after the retention of the first: %+v, %v", events, err)
	}
	if _, err := c.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String(group)}); err != nil {
		t.Fatal(err)
	}
	if used, _ := svc.Memory(); used != 0 {
		t.Errorf("%d bytes used by what was deleted", used)
	}
}

func TestPutLogEvents(t *testing.T) {
	t.Parallel()
	svc, clock := newService(t, 0)
	c, _ := serve(t, svc)
	if _, err := c.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s")}); err != nil {
		t.Fatal(err)
	}
	put := func(stream string, times ...int64) error {
		in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: &stream}
		for _, at := range times {
			in.LogEvents = append(in.LogEvents, types.InputLogEvent{Timestamp: aws.Int64(at), Message: aws.String(fmt.Sprint(at))})
		}
		_, err := c.PutLogEvents(t.Context(), in)
		return err
	}
	now := clock.now.UnixMilli()
	for _, batch := range [][]int64{{now + 10, now + 20}, {now, now + 15}} {
		if err := put("s", batch...); err != nil {
			t.Fatal(err)
		}
	}
	out, err := c.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s"), StartFromHead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, e := range out.Events {
		got = append(got, *e.Timestamp-now)
	}
	if diff := cmp.Diff([]int64{0, 10, 15, 20}, got); diff != "" {
		t.Error(diff)
	}
	tests := map[string]struct {
		err  error
		code string
		text string
	}{
		"order":     {put("s", now+1, now), "InvalidParameterException", "chronological order"},
		"no stream": {put("t", now), "ResourceNotFoundException", "The specified log stream does not exist."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantError(t, tt.err, tt.code, tt.text) })
	}
}

func wantError(t *testing.T, err error, code, text string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), text) {
		t.Errorf("got %v\nwant %s: %s", err, code, text)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	svc, _ := newService(t, 0)
	c, _ := serve(t, svc)
	appendTo(t, svc, "s", "x")
	filter := func(change func(*cloudwatchlogs.FilterLogEventsInput)) error {
		in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group)}
		change(in)
		_, err := c.FilterLogEvents(t.Context(), in)
		return err
	}
	create := func(in cloudwatchlogs.CreateLogGroupInput) error {
		_, err := c.CreateLogGroup(t.Context(), &in)
		return err
	}
	_, live := c.DescribeMetricFilters(t.Context(), &cloudwatchlogs.DescribeMetricFiltersInput{})
	tests := map[string]struct {
		err  error
		code string
		text string
	}{
		"no group":     {filter(func(in *cloudwatchlogs.FilterLogEventsInput) { in.LogGroupName = aws.String("/none") }), "ResourceNotFoundException", "The specified log group does not exist."},
		"pattern":      {filter(func(in *cloudwatchlogs.FilterLogEventsInput) { in.FilterPattern = aws.String("{ $.a = 1 }") }), "InvalidParameterException", "not supported"},
		"open phrase":  {filter(func(in *cloudwatchlogs.FilterLogEventsInput) { in.FilterPattern = aws.String(`"a`) }), "InvalidParameterException", "term"},
		"token":        {filter(func(in *cloudwatchlogs.FilterLogEventsInput) { in.NextToken = aws.String("x") }), "InvalidParameterException", "nextToken"},
		"limit":        {filter(func(in *cloudwatchlogs.FilterLogEventsInput) { in.Limit = aws.Int32(10001) }), "InvalidParameterException", "10000"},
		"no stream":    {filter(func(in *cloudwatchlogs.FilterLogEventsInput) { in.LogStreamNames = []string{"t"} }), "ResourceNotFoundException", "log stream"},
		"exists":       {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(group)}), "ResourceAlreadyExistsException", "already exists"},
		"name":         {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("a b")}), "InvalidParameterException", "pattern"},
		"tags":         {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("t"), Tags: map[string]string{"a": "b"}}), "InvalidParameterException", "tags"},
		"other action": {live, "UnknownOperationException", "DescribeMetricFilters"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantError(t, tt.err, tt.code, tt.text) })
	}
}

// The budget holds, whatever is written, and what was written last is there.
func TestBudget(t *testing.T) {
	t.Parallel()
	svc, _ := newService(t, 64<<10)
	for i := range 1000 {
		appendTo(t, svc, fmt.Sprintf("s%d", i/10), strings.Repeat("x", i), fmt.Sprint(i))
		if used, limit := svc.Memory(); used > limit {
			t.Fatalf("%d of %d bytes used", used, limit)
		}
	}
	out, err := svc.FilterLogEvents(t.Context(), logs.FilterLogEventsInput{LogGroupName: group, FilterPattern: "999"})
	if err != nil || len(out.Events) != 1 {
		t.Errorf("the last line: %+v, %v", out, err)
	}
	streams, err := svc.DescribeLogStreams(t.Context(), logs.DescribeLogStreamsInput{LogGroupName: group})
	if err != nil || len(streams.LogStreams) > 10 {
		t.Errorf("%d streams are left of 64 KB, %v", len(streams.LogStreams), err)
	}
}

// The stock AWS CLI describes, gets and filters.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws logs` works is NOT shown by this run")
	}
	svc, _ := newService(t, 0)
	_, endpoint := serve(t, svc)
	appendTo(t, svc, "2026/03/01/[$LATEST]0", "START\n", "END\n")
	tests := map[string]struct {
		args []string
		want string
	}{
		"groups":  {[]string{"describe-log-groups", "--query", "logGroups[].logGroupName"}, group},
		"streams": {[]string{"describe-log-streams", "--log-group-name", group, "--query", "logStreams[].logStreamName"}, "2026/03/01/[$LATEST]0"},
		"events": {[]string{"get-log-events", "--log-group-name", group, "--log-stream-name", "2026/03/01/[$LATEST]0", "--query", "events[].message", "--output", "json"},
			"[\n    \"START\\n\",\n    \"END\\n\"\n]"},
		"filter": {[]string{"filter-log-events", "--log-group-name", group, "--filter-pattern", "END", "--query", "events[].message"}, "END"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "text", "logs"}, tt.args...)...)
			cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
			out, err := cmd.CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != tt.want {
				t.Errorf("got %s (%v), want %s", out, err, tt.want)
			}
		})
	}
}

func FuzzServe(f *testing.F) {
	f.Add("PutLogEvents", `{"logGroupName":"/aws/lambda/f","logStreamName":"s","logEvents":[{"timestamp":1,"message":"m"}]}`)
	f.Add("FilterLogEvents", `{"logGroupName":"/aws/lambda/f","filterPattern":"a -b ?c \"d e\"","limit":1}`)
	f.Add("GetLogEvents", `{"logGroupName":"/aws/lambda/f","logStreamName":"s","nextToken":"f/1"}`)
	f.Add("DescribeLogStreams", `{"logGroupName":"/aws/lambda/f","orderBy":"LastEventTime","descending":true}`)
	f.Fuzz(func(t *testing.T, action, body string) {
		svc, _ := newService(t, 1<<20)
		appendTo(t, svc, "s", "seed")
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", logs.TargetPrefix+action)
		w := httptest.NewRecorder()
		svc.ServeHTTP(w, r)
		if used, limit := svc.Memory(); w.Code >= 500 || used > limit {
			t.Errorf("status %d, %d bytes used: %s", w.Code, used, w.Body)
		}
	})
}
