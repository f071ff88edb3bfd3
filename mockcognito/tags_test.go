package mockcognito

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"
)

func TestTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	arn := aws.String("arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + testPoolID)
	if _, err := w.TagResource(t.Context(), &idp.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.UntagResource(t.Context(), &idp.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "none"}}); err != nil {
		t.Fatal(err)
	}
	got, err := w.ListTagsForResource(t.Context(), &idp.ListTagsForResourceInput{ResourceArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"b": "2"}, got.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	many := map[string]string{}
	for i := range maxTags {
		many[fmt.Sprint("key", i)] = ""
	}
	_, err = w.TagResource(t.Context(), &idp.TagResourceInput{ResourceArn: arn, Tags: many})
	wantError(t, err, "InvalidParameterException", "A user pool has at most 50 tags.")
	none := "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_None"
	_, err = w.TagResource(t.Context(), &idp.TagResourceInput{ResourceArn: &none, Tags: map[string]string{"a": "1"}})
	wantError(t, err, "ResourceNotFoundException", "Resource "+none+" does not exist.")
}
