package mockcognito

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/spillway/spillway/mockcognito/internal/schema"
)

// domainRequest are the members of the operations on domains.
type domainRequest struct {
	Domain              string
	UserPoolId          string
	ManagedLoginVersion int64
	CustomDomainConfig  *customDomainConfig
}

type customDomainConfig struct {
	CertificateArn string `json:",omitempty"`
}

// domainAnswer is the answer to a change.
type domainAnswer struct {
	ManagedLoginVersion int64  `json:",omitempty"`
	CloudFrontDomain    string `json:",omitempty"`
}

// domainDescription is empty for a domain that does not exist.
type domainDescription struct {
	UserPoolId             string              `json:",omitempty"`
	AWSAccountId           string              `json:",omitempty"`
	Domain                 string              `json:",omitempty"`
	S3Bucket               string              `json:",omitempty"`
	CloudFrontDistribution string              `json:",omitempty"`
	Version                string              `json:",omitempty"`
	Status                 string              `json:",omitempty"`
	CustomDomainConfig     *customDomainConfig `json:",omitempty"`
	ManagedLoginVersion    int64               `json:",omitempty"`
}

type describeDomainAnswer struct{ DomainDescription domainDescription }

func (s *Server) createUserPoolDomain(in schema.Fields) (any, error) {
	var req domainRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	err := s.changePool(req.UserPoolId, func(d *directory, p *pool) error {
		custom := req.CustomDomainConfig != nil
		switch other := d.poolByDomain(req.Domain); {
		case other != nil && other.id != p.id:
			return invalid("Domain already associated with another user pool.")
		case other != nil, custom && p.custom != nil, !custom && p.domain != "":
			return invalid("User pool already has a domain configured.")
		case custom:
			p.custom = &customDomain{req.Domain, req.CustomDomainConfig.CertificateArn, req.ManagedLoginVersion}
		default:
			p.domain, p.loginVersion = req.Domain, req.ManagedLoginVersion
		}
		return nil
	})
	return req.answer(), err
}

// check makes the checks that are not the model's: a custom domain is a host name, a prefix may not have some words.
func (r domainRequest) check() error {
	rules := newRules()
	if r.ManagedLoginVersion != 0 && r.ManagedLoginVersion != 1 && r.ManagedLoginVersion != 2 {
		return invalid("ManagedLoginVersion must be 1 or 2.")
	}
	if r.CustomDomainConfig != nil {
		for label := range strings.SplitSeq(r.Domain, ".") {
			if !rules.domain.pattern.MatchString(label) {
				return invalid("Custom domain is not a valid subdomain: %s", r.Domain)
			}
		}
		return nil
	}
	if !rules.domain.pattern.MatchString(r.Domain) {
		return invalid("The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. " +
			`Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`)
	}
	for _, word := range reservedWords() {
		if strings.Contains(r.Domain, word) {
			return invalid("Domain cannot contain reserved word: %s", word)
		}
	}
	return nil
}

func (r domainRequest) answer() domainAnswer {
	out := domainAnswer{ManagedLoginVersion: r.ManagedLoginVersion}
	if r.CustomDomainConfig != nil {
		out.CloudFrontDomain = cloudFront(r.Domain)
	}
	return out
}

// cloudFront makes up the distribution of a domain: always the same one.
func cloudFront(domain string) string {
	sum := sha256.Sum256([]byte(domain))
	return "d" + hex.EncodeToString(sum[:])[:13] + ".cloudfront.net"
}

// describeUserPoolDomain knows a domain that does not exist by an empty description, as Cognito does.
func (s *Server) describeUserPoolDomain(in schema.Fields) (any, error) {
	var req domainRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	p := s.directory().poolByDomain(req.Domain)
	if p == nil {
		return describeDomainAnswer{}, nil
	}
	out := domainDescription{
		UserPoolId: p.id, AWSAccountId: s.account, Domain: req.Domain, S3Bucket: "aws-cognito-prod-" + regionOf(p.id) + "-assets",
		CloudFrontDistribution: cloudFront(req.Domain), Version: p.created.UTC().Format("20060102150405"), Status: "ACTIVE",
		CustomDomainConfig: &customDomainConfig{}, ManagedLoginVersion: p.loginVersion,
	}
	if p.domain != req.Domain {
		out.CustomDomainConfig.CertificateArn, out.ManagedLoginVersion = p.custom.Certificate, p.custom.LoginVersion
	}
	return describeDomainAnswer{out}, nil
}

// updateUserPoolDomain replaces the certificate of a custom domain and the login version, which mean nothing here.
func (s *Server) updateUserPoolDomain(in schema.Fields) (any, error) {
	var req domainRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	err := s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		switch {
		case p.domain == req.Domain:
			p.loginVersion = req.ManagedLoginVersion
		case p.custom != nil && p.custom.Name == req.Domain && req.CustomDomainConfig != nil:
			p.custom = &customDomain{req.Domain, req.CustomDomainConfig.CertificateArn, req.ManagedLoginVersion}
		default:
			return noDomain()
		}
		return nil
	})
	return req.answer(), err
}

func (s *Server) deleteUserPoolDomain(in schema.Fields) (any, error) {
	var req domainRequest
	if err := decode(in, &req); err != nil {
		return nil, err
	}
	return struct{}{}, s.changePool(req.UserPoolId, func(_ *directory, p *pool) error {
		switch {
		case p.domain == req.Domain:
			p.domain, p.loginVersion = "", 0
		case p.custom != nil && p.custom.Name == req.Domain:
			p.custom = nil
		default:
			return noDomain()
		}
		return nil
	})
}

func noDomain() *apiError { return invalid("No such domain or user pool exists.") }
