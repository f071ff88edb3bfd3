package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// lookForGivenUp looks into the bucket of records that Lambda has given up: it has
// days to try, so there must be none.
func (b *bench) lookForGivenUp(ctx context.Context) error {
	client := s3.NewFromConfig(b.target.AWS(), func(o *s3.Options) { o.UsePathStyle = true })
	bucket := b.target.FailureBucket()
	out, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		return fmt.Errorf("look into the failure bucket: %w", err)
	}
	if n := len(out.Contents); n > 0 {
		b.givenUp = append(b.givenUp, fmt.Sprintf("Lambda has given up %d batches", n))
	}
	return nil
}
