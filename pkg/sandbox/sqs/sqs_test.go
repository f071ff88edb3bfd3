package sqs_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/sqs"
)

const (
	region  = "us-east-1"
	account = "000000000000"
)

// setup is a service behind HTTP with the real client in front.
func setup(t *testing.T, maxBytes int64) (*sqs.Service, *awssqs.Client, string) {
	t.Helper()
	svc := newService(t, maxBytes)
	server := httptest.NewServer(svc)
	t.Cleanup(func() {
		svc.Close()
		server.Close()
	})
	return svc, awssqs.New(awssqs.Options{
		BaseEndpoint: &server.URL, Region: region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	}), server.URL
}

func newService(t *testing.T, maxBytes int64) *sqs.Service {
	t.Helper()
	svc, err := sqs.New(sqs.Config{Region: region, AccountID: account, Endpoint: "http://sandbox:4566", MaxBytes: maxBytes})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

func create(t *testing.T, c *awssqs.Client, name string, attributes map[string]string) *string {
	t.Helper()
	out, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func bodies(messages []types.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, *m.Body)
	}
	return out
}

func TestSendAndReceive(t *testing.T) {
	t.Parallel()
	svc, c, _ := setup(t, 0)
	url := create(t, c, "failed", nil)
	if want := "http://sandbox:4566/000000000000/failed"; *url != want {
		t.Errorf("URL %s, want %s", *url, want)
	}
	if _, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("one")}); err != nil {
		t.Fatal(err) // the SDK has checked the MD5
	}
	arn := svc.ARN("failed")
	if !svc.Exists(arn) || svc.Exists(svc.ARN("other")) {
		t.Error("Exists is wrong")
	}
	if err := svc.Send(t.Context(), arn, []byte("two")); err != nil {
		t.Fatal(err)
	}
	in := &awssqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	}
	got, err := c.ReceiveMessage(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two"}, bodies(got.Messages)); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(map[string]string{"ApproximateReceiveCount": "1"}, got.Messages[0].Attributes); diff != "" {
		t.Error(diff)
	}
	counts, err := c.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"QueueArn": arn, "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "2"}, counts.Attributes); diff != "" {
		t.Error(diff)
	}
	if _, err := c.ChangeMessageVisibility(t.Context(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: got.Messages[1].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is gone, and that is no error
		if _, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got.Messages[0].ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = c.ReceiveMessage(t.Context(), in); err != nil || cmp.Diff([]string{"two"}, bodies(got.Messages)) != "" {
		t.Errorf("what was shown again: %v, %v", bodies(got.Messages), err)
	}
	if _, err := c.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: url}); err != nil {
		t.Fatal(err)
	}
	if used, _ := svc.Memory(); used != 0 {
		t.Errorf("%d bytes used by nothing", used)
	}
}

// Times are minutes and days, and pass at once.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(t, 0)
		made, err := svc.CreateQueue(t.Context(), sqs.CreateQueueInput{QueueName: "q", Attributes: map[string]string{"MessageRetentionPeriod": "3600"}})
		if err != nil {
			t.Fatal(err)
		}
		receive := func(wait int) (string, time.Duration) {
			begun := time.Now()
			got, err := svc.ReceiveMessage(t.Context(), sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, WaitTimeSeconds: &wait})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == 0 {
				return "", time.Since(begun)
			}
			return got[0].Body, time.Since(begun)
		}
		expect := func(step string, wait int, body string, took time.Duration) {
			t.Helper()
			if got, after := receive(wait); got != body || after != took {
				t.Errorf("%s: got %q after %v, want %q after %v", step, got, after, body, took)
			}
		}
		expect("an empty queue", 20, "", 20*time.Second)
		time.AfterFunc(3*time.Second, func() {
			if err := svc.Send(t.Context(), svc.ARN("q"), []byte("a")); err != nil {
				t.Error(err)
			}
		})
		expect("a message that comes", 20, "a", 3*time.Second)
		expect("it is hidden", 20, "", 20*time.Second)
		expect("and shown again after 30 seconds", 20, "a", 10*time.Second)
		delay := 900
		if _, err := svc.SendMessage(t.Context(), sqs.SendMessageInput{QueueUrl: made.QueueUrl, MessageBody: "late", DelaySeconds: &delay}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(890 * time.Second)
		expect("the first again", 0, "a", 0)
		expect("a delayed one", 20, "late", 10*time.Second)
		time.Sleep(time.Hour)
		expect("both are too old", 0, "", 0)
		if used, _ := svc.Memory(); used != 0 {
			t.Errorf("%d bytes used by what has expired", used)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			expect("closing", 20, "", time.Second)
		}()
		time.Sleep(time.Second)
		svc.Close()
		<-done
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	svc, c, _ := setup(t, 4<<10)
	url := create(t, c, "q", nil)
	body := strings.Repeat("x", 1000)
	sent := 0
	for range 10 {
		if err := svc.Send(t.Context(), svc.ARN("q"), []byte(body)); err != nil {
			var e *sqs.Error
			if !errors.As(err, &e) || e.Code != sqs.CodeOverLimit {
				t.Fatal(err)
			}
			break
		}
		sent++
	}
	if used, limit := svc.Memory(); sent != 2 || used > limit {
		t.Errorf("sent %d messages, %d of %d bytes used", sent, used, limit)
	}
	if _, err := c.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: url}); err != nil {
		t.Fatal(err)
	}
	create(t, c, "q", nil)
	if err := svc.Send(t.Context(), svc.ARN("q"), []byte(body)); err != nil {
		t.Errorf("after the deletion: %v", err)
	}
}

func TestListQueues(t *testing.T) {
	t.Parallel()
	_, c, _ := setup(t, 0)
	for _, name := range []string{"b2", "a", "b1", "b3"} {
		create(t, c, name, nil)
	}
	var names []string
	pages := awssqs.NewListQueuesPaginator(c, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("b"), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range page.QueueUrls {
			names = append(names, url[strings.LastIndex(url, "/")+1:])
		}
	}
	if diff := cmp.Diff([]string{"b1", "b2", "b3"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	_, c, _ := setup(t, 0)
	url := create(t, c, "q", map[string]string{"VisibilityTimeout": "5"})
	queue := func(name string, attributes map[string]string) func() error {
		return func() error {
			_, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
			return err
		}
	}
	send := func(in awssqs.SendMessageInput) func() error {
		return func() error {
			in.QueueUrl = url
			_, err := c.SendMessage(t.Context(), &in)
			return err
		}
	}
	tests := map[string]struct {
		do   func() error
		code string
		text string
	}{
		"name":            {queue("a.b", nil), "InvalidParameterValue", "alphanumeric"},
		"fifo":            {queue("a.fifo", nil), "AWS.SimpleQueueService.UnsupportedOperation", "FIFO"},
		"other attribute": {queue("q", map[string]string{"VisibilityTimeout": "6"}), "QueueAlreadyExists", "attribute VisibilityTimeout"},
		"range":           {queue("r", map[string]string{"VisibilityTimeout": "43201"}), "InvalidAttributeValue", "VisibilityTimeout"},
		"redrive":         {queue("r", map[string]string{"RedrivePolicy": "{}"}), "AWS.SimpleQueueService.UnsupportedOperation", "RedrivePolicy"},
		"unknown name":    {queue("r", map[string]string{"Speed": "1"}), "InvalidAttributeName", "Speed"},
		"no queue": {func() error {
			_, err := c.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("none")})
			return err
		}, "AWS.SimpleQueueService.NonExistentQueue", "does not exist"},
		"too many": {func() error {
			_, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
			return err
		}, "InvalidParameterValue", "Must be between 1 and 10"},
		"handle": {func() error {
			_, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
			return err
		}, "ReceiptHandleIsInvalid", `"x" is not a valid`},
		"control character": {send(awssqs.SendMessageInput{MessageBody: aws.String("\x01")}), "InvalidMessageContents", "Invalid binary character"},
		"message too long":  {send(awssqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1<<20+1))}), "InvalidParameterValue", "shorter than 1048576"},
		"group": {send(awssqs.SendMessageInput{MessageBody: aws.String("x"), MessageGroupId: aws.String("g")}),
			"AWS.SimpleQueueService.UnsupportedOperation", "MessageGroupId"},
		"unknown action": {func() error {
			_, err := c.ListDeadLetterSourceQueues(t.Context(), &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: url})
			return err
		}, "InvalidAction", "ListDeadLetterSourceQueues"},
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

// The stock AWS CLI makes a queue, sends and reads.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws sqs` works is NOT shown by this run")
	}
	_, _, endpoint := setup(t, 0)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", endpoint, "--region", region, "--output", "text", "sqs"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	url := run("create-queue", "--queue-name", "q")
	run("send-message", "--queue-url", url, "--message-body", "hello")
	if got := run("receive-message", "--queue-url", url, "--query", "Messages[].Body"); got != "hello" {
		t.Errorf("received %q", got)
	}
}

func FuzzServe(f *testing.F) {
	f.Add("CreateQueue", `{"QueueName":"q","Attributes":{"DelaySeconds":"1"}}`)
	f.Add("SendMessage", `{"QueueUrl":"http://h/000000000000/seed","MessageBody":"x","DelaySeconds":3}`)
	f.Add("ReceiveMessage", `{"QueueUrl":"/000000000000/seed","MaxNumberOfMessages":10,"VisibilityTimeout":0}`)
	f.Add("DeleteMessage", `{"QueueUrl":"/000000000000/seed","ReceiptHandle":"00000000-0000-0000-0000-000000000000"}`)
	f.Fuzz(func(t *testing.T, action, body string) {
		svc := newService(t, 1<<20)
		svc.Close() // nobody waits for messages
		if _, err := svc.CreateQueue(t.Context(), sqs.CreateQueueInput{QueueName: "seed"}); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
		w := httptest.NewRecorder()
		svc.ServeHTTP(w, r)
		if used, limit := svc.Memory(); w.Code >= 500 || used > limit {
			t.Errorf("status %d, %d bytes used: %s", w.Code, used, w.Body)
		}
	})
}
