package mockcognito

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const (
	otherPoolID = "eu-west-1_Local0002"
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/a1b2c3d4-5678-90ab-cdef-EXAMPLE22222"
)

func TestUserPoolDomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	if _, err := w.DeleteUserPoolDomain(t.Context(), &idp.DeleteUserPoolDomainInput{UserPoolId: aws.String(otherPoolID), Domain: aws.String("second")}); err != nil {
		t.Fatal(err)
	}
	if got := w.token(t, "/second/oauth2/token", "3example23456789", testSecret); got.status != http.StatusNotFound {
		t.Errorf("a deleted domain: %d", got.status)
	}
	made, err := w.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: aws.String(otherPoolID), Domain: aws.String("third"), ManagedLoginVersion: aws.Int32(2)})
	if err != nil || made.CloudFrontDomain != nil || *made.ManagedLoginVersion != 2 {
		t.Errorf("created: %+v, %v", made, err)
	}
	if got := w.token(t, "/third/oauth2/token", "3example23456789", testSecret); got.status != http.StatusOK {
		t.Errorf("a new domain: %d %s", got.status, got.body)
	}
	described := w.describeDomain(t, "third")
	if *described.UserPoolId != otherPoolID || described.Status != types.DomainStatusTypeActive || *described.ManagedLoginVersion != 2 || described.CustomDomainConfig.CertificateArn != nil {
		t.Errorf("described: %+v", described)
	}
	if gone := w.describeDomain(t, "second"); gone.UserPoolId != nil || gone.Status != "" {
		t.Errorf("a domain that does not exist: %+v, want an empty description", gone)
	}
	if _, err := w.UpdateUserPoolDomain(t.Context(), &idp.UpdateUserPoolDomainInput{UserPoolId: aws.String(otherPoolID), Domain: aws.String("third"), ManagedLoginVersion: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	if v := w.describeDomain(t, "third").ManagedLoginVersion; *v != 1 {
		t.Errorf("updated to version %d", *v)
	}
}

func (w world) describeDomain(t *testing.T, domain string) *types.DomainDescriptionType {
	t.Helper()
	out, err := w.DescribeUserPoolDomain(t.Context(), &idp.DescribeUserPoolDomainInput{Domain: aws.String(domain)})
	if err != nil {
		t.Fatal(err)
	}
	return out.DomainDescription
}

func TestCustomDomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	config := &types.CustomDomainConfigType{CertificateArn: aws.String(certificate)}
	made, err := w.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: aws.String(testPoolID), Domain: aws.String("auth.example.com"), CustomDomainConfig: config})
	if err != nil || made.CloudFrontDomain == nil {
		t.Fatalf("created: %+v, %v", made, err)
	}
	if got := w.token(t, "/auth.example.com/oauth2/token", testClientID, testSecret); got.status != http.StatusOK {
		t.Errorf("token: %d %s", got.status, got.body)
	}
	described := w.describeDomain(t, "auth.example.com")
	if *described.CustomDomainConfig.CertificateArn != certificate || *described.CloudFrontDistribution != *made.CloudFrontDomain {
		t.Errorf("described: %+v", described)
	}
	pool, err := w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: aws.String(testPoolID)})
	if err != nil || *pool.UserPool.CustomDomain != "auth.example.com" || *pool.UserPool.Domain != "spillway" {
		t.Errorf("pool: %+v, %v", pool, err)
	}
	if _, err := w.DeleteUserPoolDomain(t.Context(), &idp.DeleteUserPoolDomainInput{UserPoolId: aws.String(testPoolID), Domain: aws.String("auth.example.com")}); err != nil {
		t.Fatal(err)
	}
	_, err = w.DeleteUserPool(t.Context(), &idp.DeleteUserPoolInput{UserPoolId: aws.String(testPoolID)})
	wantError(t, err, "InvalidParameterException", messageHasDomain)
}

func TestUserPoolDomainRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{})
	tests := map[string]struct {
		pool, domain, message string
		custom                bool
	}{
		"another pool's":   {testPoolID, "second", "Domain already associated with another user pool.", false},
		"a second one":     {testPoolID, "more", "User pool already has a domain configured.", false},
		"reserved":         {testPoolID, "my-cognito", "Domain cannot contain reserved word: cognito", false},
		"custom, not one":  {testPoolID, "auth..com", "Custom domain is not a valid subdomain: auth..com", true},
		"host name, plain": {testPoolID, "a.b", `The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := &idp.CreateUserPoolDomainInput{UserPoolId: aws.String(test.pool), Domain: aws.String(test.domain)}
			if test.custom {
				in.CustomDomainConfig = &types.CustomDomainConfigType{CertificateArn: aws.String(certificate)}
			}
			_, err := w.CreateUserPoolDomain(t.Context(), in)
			wantError(t, err, "InvalidParameterException", test.message)
		})
	}
	_, err := w.DeleteUserPoolDomain(t.Context(), &idp.DeleteUserPoolDomainInput{UserPoolId: aws.String(testPoolID), Domain: aws.String("second")})
	wantError(t, err, "InvalidParameterException", "No such domain or user pool exists.")
	_, err = w.UpdateUserPoolDomain(t.Context(), &idp.UpdateUserPoolDomainInput{UserPoolId: aws.String(testPoolID), Domain: aws.String("second"), ManagedLoginVersion: aws.Int32(3)})
	wantError(t, err, "InvalidParameterException", "ManagedLoginVersion must be 1 or 2.")
}
