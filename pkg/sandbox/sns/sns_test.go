package sns_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/sns"
)

const queueARN = "arn:aws:sqs:us-east-1:000000000000:q"

// queues remembers what was sent to the queues q and r.
type queues struct {
	mu   sync.Mutex // guards sent
	sent map[string][]string
}

func (q *queues) Exists(arn string) bool {
	return arn == queueARN || arn == strings.TrimSuffix(queueARN, "q")+"r"
}

func (q *queues) Send(_ context.Context, arn string, body []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent[arn] = append(q.sent[arn], string(body))
	return nil
}

func (q *queues) got(arn string) []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sent[arn]
}

func newService(t *testing.T) (*sns.Service, *queues) {
	t.Helper()
	q := &queues{sent: map[string][]string{}}
	svc, err := sns.New(sns.Config{Region: "us-east-1", AccountID: "000000000000", Queues: q})
	if err != nil {
		t.Fatal(err)
	}
	return svc, q
}

func setup(t *testing.T) (*awssns.Client, *queues, string) {
	t.Helper()
	svc, q := newService(t)
	server := httptest.NewServer(svc)
	t.Cleanup(server.Close)
	return awssns.New(awssns.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	}), q, server.URL
}

func TestPublishReachesQueues(t *testing.T) {
	t.Parallel()
	c, q, _ := setup(t)
	topic, err := c.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("failed"), Attributes: map[string]string{"DisplayName": "Failed"}})
	if err != nil {
		t.Fatal(err)
	}
	arns := map[string]*string{}
	for _, queue := range []string{"q", "r", "q"} { // the second time it is subscribed already
		attributes := map[string]string{"RawMessageDelivery": "false"}
		if queue == "r" {
			attributes["RawMessageDelivery"] = "true"
		}
		out, err := c.Subscribe(t.Context(), &awssns.SubscribeInput{
			TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(strings.TrimSuffix(queueARN, "q") + queue), Attributes: attributes,
		})
		if err != nil {
			t.Fatal(err)
		}
		arns[queue] = out.SubscriptionArn
	}
	out, err := c.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic.TopicArn, Subject: aws.String("s"), Message: aws.String(`{"a":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"a":1}`}, q.got(strings.TrimSuffix(queueARN, "q")+"r")); diff != "" {
		t.Error(diff)
	}
	got := q.got(queueARN)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	var n map[string]string
	if err := json.Unmarshal([]byte(got[0]), &n); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Type": "Notification", "MessageId": *out.MessageId, "TopicArn": *topic.TopicArn, "Subject": "s", "Message": `{"a":1}`}
	for name, value := range want {
		if n[name] != value {
			t.Errorf("%s is %q, want %q", name, n[name], value)
		}
	}
	subs, err := c.ListSubscriptionsByTopic(t.Context(), &awssns.ListSubscriptionsByTopicInput{TopicArn: topic.TopicArn})
	if err != nil || len(subs.Subscriptions) != 2 {
		t.Errorf("subscriptions %+v, %v", subs, err)
	}
	attributes, err := c.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: topic.TopicArn})
	if err != nil || attributes.Attributes["SubscriptionsConfirmed"] != "2" || attributes.Attributes["DisplayName"] != "Failed" {
		t.Errorf("attributes %+v, %v", attributes, err)
	}
	if _, err := c.SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{
		SubscriptionArn: arns["q"], AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true"),
	}); err != nil {
		t.Fatal(err)
	}
	sub, err := c.GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: arns["q"]})
	if err != nil || sub.Attributes["RawMessageDelivery"] != "true" {
		t.Errorf("subscription %+v, %v", sub, err)
	}
	if _, err := c.Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: arns["q"]}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("2")}); err != nil {
		t.Fatal(err)
	}
	if len(q.got(queueARN)) != 1 {
		t.Error("a queue got what it no longer subscribes to")
	}
	if _, err := c.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: topic.TopicArn}); err != nil {
		t.Fatal(err)
	}
	if subs, err := c.ListSubscriptions(t.Context(), &awssns.ListSubscriptionsInput{}); err != nil || len(subs.Subscriptions) != 0 {
		t.Errorf("after the deletion: %+v, %v", subs, err)
	}
}

func TestListTopicsInPages(t *testing.T) {
	t.Parallel()
	c, _, _ := setup(t)
	for i := range 101 {
		name := "t" + strings.Repeat("x", i)
		if _, err := c.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	seen, sizes := map[string]bool{}, []int{}
	pages := awssns.NewListTopicsPaginator(c, &awssns.ListTopicsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Topics))
		for _, topic := range page.Topics {
			seen[*topic.TopicArn] = true
		}
	}
	if diff := cmp.Diff([]int{100, 1}, sizes); diff != "" || len(seen) != 101 {
		t.Errorf("%d topics; %s", len(seen), diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c, _, _ := setup(t)
	topic, err := c.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("t")})
	if err != nil {
		t.Fatal(err)
	}
	subscribe := func(in awssns.SubscribeInput) func() error {
		return func() error {
			in.TopicArn = topic.TopicArn
			_, err := c.Subscribe(t.Context(), &in)
			return err
		}
	}
	publish := func(in awssns.PublishInput) func() error {
		return func() error {
			_, err := c.Publish(t.Context(), &in)
			return err
		}
	}
	name := func(name string) func() error {
		return func() error {
			_, err := c.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name})
			return err
		}
	}
	tests := map[string]struct {
		do   func() error
		code string
		text string
	}{
		"name":     {name("a b"), "InvalidParameter", "Topic Name"},
		"fifo":     {name("a.fifo"), "InvalidParameter", "FIFO topic is not supported"},
		"protocol": {subscribe(awssns.SubscribeInput{Protocol: aws.String("email"), Endpoint: aws.String("a@example.org")}), "InvalidParameter", "Protocol email"},
		"no queue": {subscribe(awssns.SubscribeInput{Protocol: aws.String("sqs"), Endpoint: aws.String(queueARN + "x")}), "InvalidParameter", "SQS endpoint ARN"},
		"filter": {subscribe(awssns.SubscribeInput{Protocol: aws.String("sqs"), Endpoint: aws.String(queueARN), Attributes: map[string]string{"FilterPolicy": "{}"}}),
			"InvalidParameter", "FilterPolicy"},
		"no topic":  {publish(awssns.PublishInput{TopicArn: aws.String(*topic.TopicArn + "x"), Message: aws.String("m")}), "NotFound", "Topic does not exist"},
		"no ARN":    {publish(awssns.PublishInput{TopicArn: aws.String("t"), Message: aws.String("m")}), "InvalidParameter", "TopicArn"},
		"long":      {publish(awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String(strings.Repeat("m", 256<<10+1))}), "InvalidParameter", "Message too long"},
		"structure": {publish(awssns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("{}"), MessageStructure: aws.String("json")}), "InvalidParameter", "MessageStructure"},
		"unknown action": {func() error {
			_, err := c.ListPhoneNumbersOptedOut(t.Context(), &awssns.ListPhoneNumbersOptedOutInput{})
			return err
		}, "InvalidAction", "ListPhoneNumbersOptedOut"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var e smithy.APIError
			if err := tt.do(); !errors.As(err, &e) || e.ErrorCode() != tt.code || !strings.Contains(e.ErrorMessage(), tt.text) {
				t.Errorf("got %v\nwant %s: %s", err, tt.code, tt.text)
			}
		})
	}
}

// The stock AWS CLI makes a topic, subscribes a queue and publishes.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws sns` works is NOT shown by this run")
	}
	_, q, endpoint := setup(t)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "text", "sns"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	arn := run("create-topic", "--name", "t")
	run("subscribe", "--topic-arn", arn, "--protocol", "sqs", "--notification-endpoint", queueARN, "--attributes", "RawMessageDelivery=true")
	run("publish", "--topic-arn", arn, "--message", "hello")
	if diff := cmp.Diff([]string{"hello"}, q.got(queueARN)); diff != "" {
		t.Error(diff)
	}
	if got := run("list-topics", "--query", "Topics[].TopicArn"); got != arn {
		t.Errorf("list-topics: %s, want %s", got, arn)
	}
}

func FuzzServe(f *testing.F) {
	f.Add("Action=CreateTopic&Name=t&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=x")
	f.Add("Action=Subscribe&TopicArn=arn:aws:sns:us-east-1:000000000000:seed&Protocol=sqs&Endpoint=" + queueARN)
	f.Add("Action=Publish&TopicArn=arn:aws:sns:us-east-1:000000000000:seed&Message=m")
	f.Add("Action=%zz")
	f.Fuzz(func(t *testing.T, body string) {
		svc, _ := newService(t)
		if _, err := svc.CreateTopic(t.Context(), "seed", nil); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		svc.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
	})
}
