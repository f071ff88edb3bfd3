package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// artifacts is the bucket that code and large templates are uploaded to, under keys that name their content.
type artifacts struct {
	client  *s3.Client
	bucket  string
	region  string
	account string
	ready   bool
}

func newArtifacts(cfg aws.Config, bucket, account string) *artifacts {
	if bucket == "" {
		bucket = fmt.Sprintf("spillway-artifacts-%s-%s", account, cfg.Region)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		// An endpoint of one's own has no name for every bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	})
	return &artifacts{client: client, bucket: bucket, region: cfg.Region, account: account}
}

// artifact is something to upload, under a key of its content.
type artifact struct {
	key  string
	body []byte
}

func newArtifact(kind, extension string, body []byte) artifact {
	return artifact{key: contentKey(kind, extension, body), body: body}
}

// put uploads one unless it is there.
func (a *artifacts) put(ctx context.Context, one artifact) error {
	if err := a.ensure(ctx); err != nil {
		return err
	}
	head, err := a.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &a.bucket, Key: &one.key, ExpectedBucketOwner: &a.account})
	if err == nil && aws.ToInt64(head.ContentLength) == int64(len(one.body)) {
		return nil
	}
	if err != nil && httpStatus(err) != http.StatusNotFound {
		return fmt.Errorf("look for s3://%s/%s: %w", a.bucket, one.key, err)
	}
	_, err = a.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &a.bucket, Key: &one.key, Body: bytes.NewReader(one.body), ExpectedBucketOwner: &a.account})
	if err != nil {
		return fmt.Errorf("upload s3://%s/%s: %w", a.bucket, one.key, err)
	}
	return nil
}

// ensure makes the bucket where there is none. The name is guessable, so the owner is checked: whoever owns the bucket owns the code.
func (a *artifacts) ensure(ctx context.Context) error {
	if a.ready {
		return nil
	}
	_, err := a.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &a.bucket, ExpectedBucketOwner: &a.account})
	switch httpStatus(err) {
	case 0:
		if err != nil {
			return fmt.Errorf("look for the artifact bucket %s: %w", a.bucket, err)
		}
	case http.StatusNotFound:
		if err := a.create(ctx); err != nil {
			return err
		}
	case http.StatusForbidden:
		return fmt.Errorf("artifact bucket %s belongs to another account, or is not open to this one", a.bucket)
	default:
		return fmt.Errorf("look for the artifact bucket %s: %w", a.bucket, err)
	}
	a.ready = true
	return nil
}

func (a *artifacts) create(ctx context.Context) error {
	in := &s3.CreateBucketInput{Bucket: &a.bucket}
	if a.region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(a.region)}
	}
	_, err := a.client.CreateBucket(ctx, in)
	var mine *types.BucketAlreadyOwnedByYou
	if err != nil && !errors.As(err, &mine) {
		return fmt.Errorf("create the artifact bucket %s: %w", a.bucket, err)
	}
	return nil
}

// url is the address by which CloudFormation reads an object.
func (a *artifacts) url(key string) string {
	if endpoint := a.client.Options().BaseEndpoint; endpoint != nil {
		return strings.TrimSuffix(*endpoint, "/") + "/" + a.bucket + "/" + key
	}
	return fmt.Sprintf("https://%s.s3.%s.amazonaws.com/%s", a.bucket, a.region, key)
}

// httpStatus is the status of the answer that err came with, 0 for none.
func httpStatus(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
