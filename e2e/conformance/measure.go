package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// requestTimeout bounds one request; some emulators take seconds for 500 records.
	requestTimeout = time.Minute
	// maxAnswer bounds an answer.
	maxAnswer = 4 << 20
	// putters, putRecords and putBytes are the load of the throughput.
	putters    = 4
	putRecords = 500
	putBytes   = 200
)

// answer is what an emulator says.
type answer struct {
	status  int
	kind    string
	message string
	failed  int   // records of a PutRecords
	err     error // of a connection that was lost
}

// send sends a request that looks signed.
func send(ctx context.Context, url string, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/?"+r.Query, strings.NewReader(r.Body))
	if err != nil {
		return answer{}, err
	}
	headers := map[string]string{
		"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202." + r.Operation, "X-Amz-Date": time.Now().UTC().Format("20060102T150405Z"),
		"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260304/" + region + "/kinesis/aws4_request, SignedHeaders=host, Signature=c",
	}
	for name, value := range r.Header {
		headers[name] = value
	}
	for name, value := range headers {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, err
	}
	// A message is called "Message" with SerializationException, and Go does not mind.
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Failed  int    `json:"FailedRecordCount"`
	}
	_ = json.Unmarshal(raw, &body) // what is no JSON has neither
	return answer{status: resp.StatusCode, kind: body.Type, message: body.Message, failed: body.Failed}, nil
}

// result is what became of an emulator.
type result struct {
	name    string
	problem error // why it is not compared
	answers []answer
	ready   time.Duration
	memory  float64 // MiB at rest
	rate    float64 // records a second; 0 if not measured
}

// measure starts an emulator, sends it all requests, and then records.
func measure(ctx context.Context, c contender, requests []request, load time.Duration) (result, error) {
	res := result{name: c.name}
	p, err := start(ctx, c)
	if err != nil {
		return res, err
	}
	defer p.stop()
	res.ready, res.memory = p.ready, p.memory()
	if err := createStreams(ctx, p.url); err != nil {
		return res, err
	}
	for _, r := range requests {
		a, err := send(ctx, p.url, r)
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		a.err = err
		res.answers = append(res.answers, a)
	}
	if load > 0 {
		res.rate, err = throughput(ctx, p.url, load)
	}
	return res, err
}

// createStreams makes the stream with three shards, waits for it, and has the other one being created.
func createStreams(ctx context.Context, url string) error {
	create := func(name string, shards int) error {
		a, err := send(ctx, url, request{Operation: "CreateStream", Body: fmt.Sprintf(`{"StreamName":%q,"ShardCount":%d}`, name, shards)})
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("create stream %s: %d %s %s", name, a.status, a.kind, a.message)
		}
		return err
	}
	if err := create(stream, 3); err != nil {
		return err
	}
	if err := active(ctx, url, stream); err != nil {
		return err
	}
	return create(busyStream, 1)
}

// active waits until records can be put.
func active(ctx context.Context, url, name string) error {
	const pause = 50 * time.Millisecond
	deadline := time.After(startTimeout)
	for {
		a, err := send(ctx, url, request{Operation: "PutRecord", Body: fmt.Sprintf(`{"StreamName":%q,"PartitionKey":"a","Data":"AA=="}`, name)})
		if err == nil && a.status == http.StatusOK {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("stream %s does not become active: %d %s, %w", name, a.status, a.kind, err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// throughput puts records in requests of 500, a few at a time, and gives how many went through in a second. Every
// request that has begun in time counts, with the time that it took.
func throughput(ctx context.Context, url string, load time.Duration) (float64, error) {
	var b strings.Builder
	data := base64.StdEncoding.EncodeToString(make([]byte, putBytes))
	for i := range putRecords {
		fmt.Fprintf(&b, `,{"Data":"%s","PartitionKey":"station-%d"}`, data, i)
	}
	put := request{Operation: "PutRecords", Body: `{"StreamName":"` + stream + `","Records":[` + b.String()[1:] + `]}`}
	var done atomic.Int64
	errs := make([]error, putters)
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range putters {
		wg.Go(func() {
			for errs[i] == nil && time.Since(begin) < load {
				a, err := send(ctx, url, put)
				if err == nil && (a.status != http.StatusOK || a.failed > 0) {
					err = fmt.Errorf("put records: %d %s %s, %d failed", a.status, a.kind, a.message, a.failed)
				}
				errs[i] = err
				done.Add(putRecords)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	return float64(done.Load()) / time.Since(begin).Seconds(), nil
}
