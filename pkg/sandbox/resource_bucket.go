package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/s3"
)

// maxBucketName is the longest name of a bucket.
const maxBucketName = 63

// bucketResource makes AWS::S3::Bucket.
type bucketResource struct {
	s3     *s3.Service
	region string
}

type bucketProperties struct{ BucketName string }

// Create implements cloudformation.Provisioner.
func (b bucketResource) Create(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p bucketProperties
	if err := b.read(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.BucketName == "" {
		p.BucketName = cloudformation.LowerPhysicalName(r, maxBucketName)
	}
	if err := b.s3.CreateBucket(p.BucketName); err != nil {
		return cloudformation.Result{}, bucketError(err)
	}
	return cloudformation.Result{PhysicalID: p.BucketName, Attributes: map[string]any{
		"Arn":                 bucketARN + p.BucketName,
		"DomainName":          p.BucketName + ".s3.amazonaws.com",
		"RegionalDomainName":  p.BucketName + ".s3." + b.region + ".amazonaws.com",
		"DualStackDomainName": p.BucketName + ".s3.dualstack." + b.region + ".amazonaws.com",
		"WebsiteURL":          "http://" + p.BucketName + ".s3-website-" + b.region + ".amazonaws.com",
	}}, nil
}

// read ignores what protects a bucket and what ages in it: there is one user here,
// and nothing lives long.
func (b bucketResource) read(r cloudformation.Request, p *bucketProperties) error {
	return decode(r, p, "BucketEncryption", "OwnershipControls", "PublicAccessBlockConfiguration", "LifecycleConfiguration", "Tags")
}

// Update implements cloudformation.Provisioner.
func (b bucketResource) Update(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p bucketProperties
	return cloudformation.Result{PhysicalID: r.PhysicalID}, b.read(r, &p)
}

// Delete implements cloudformation.Provisioner.
func (b bucketResource) Delete(_ context.Context, r cloudformation.Request) error {
	return bucketError(b.s3.DeleteBucket(r.PhysicalID))
}

// bucketError gives an error of S3 the code that a resource handler would.
func bucketError(err error) error {
	switch {
	case errors.Is(err, s3.ErrBucketExists):
		return &cloudformation.HandlerError{Code: cloudformation.CodeAlreadyExists, Message: err.Error()}
	case errors.Is(err, s3.ErrNoSuchBucket):
		return gone("%v", err)
	case errors.Is(err, s3.ErrBucketNotEmpty):
		return invalid("The bucket you tried to delete is not empty")
	}
	return err
}
