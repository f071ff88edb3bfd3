package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

const (
	recordVersion  = 2
	maxRecordBytes = 1 << 20
)

// Endpoints are how to reach a stack. They hold secrets: the customers'.
type Endpoints struct {
	// AWS is the endpoint URL of Kinesis, Lambda, S3, STS and CloudFormation; any credentials will do.
	AWS    string `json:"aws"`
	Region string `json:"region"`
	// Stream, Function and FailureBucket are names.
	Stream        string `json:"stream"`
	Function      string `json:"function"`
	FailureBucket string `json:"failure_bucket"`
	// Gateway is host:port of gRPC with TLS, by a certificate of the authority in CAFile;
	// Admin the URL of its /healthz, /readyz and /metrics.
	Gateway string `json:"gateway"`
	CAFile  string `json:"ca_file"`
	Admin   string `json:"admin"`
	// TokenURL, JWKSURL and Issuer are the user pool's.
	TokenURL string `json:"token_url"`
	JWKSURL  string `json:"jwks_url"`
	Issuer   string `json:"issuer"`
	// Redis is a redis:// or rediss:// URL; InsideCAFile has the authority of the latter's certificate, which is not what customers
	// trust.
	Redis        string `json:"redis"`
	InsideCAFile string `json:"inside_ca_file,omitempty"`
	// Customers are the clients of the user pool by name.
	Customers map[string]Credentials `json:"customers"`
}

// endpointsAt are the endpoints that follow from ports alone.
func endpointsAt(p Ports) Endpoints {
	cognito := "http://" + address(p.Cognito)
	return Endpoints{
		AWS: "http://" + address(p.AWS), Region: region, Gateway: address(p.Gateway), Admin: "http://" + address(p.Admin),
		TokenURL: cognito + "/oauth2/token", JWKSURL: cognito + "/" + PoolID + "/.well-known/jwks.json",
		Issuer: "https://cognito-idp." + region + ".amazonaws.com/" + PoolID, Redis: "redis://" + address(p.Redis),
	}
}

// record is what is remembered of a stack while it runs.
type record struct {
	Version   int       `json:"version"`
	Started   time.Time `json:"started"`
	Endpoints Endpoints `json:"endpoints"`
	// Customers are the names in the order of the options.
	Customers []string `json:"customers"`
}

// record reads what Up has written when it was done.
func (s *Stack) record() (record, error) {
	text, err := readBounded(s.path(recordFile), maxRecordBytes)
	if err != nil {
		return record{}, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil || r.Version != recordVersion || len(r.Customers) == 0 {
		return record{}, fmt.Errorf("%s is not of this version of Spillway: end the stack with down", s.path(recordFile))
	}
	return r, nil
}

// writeRecord replaces the record, whole or not at all, because another program may read it.
func (s *Stack) writeRecord(r record) error {
	r.Version = recordVersion
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	next := s.path(recordFile + ".new")
	if err := writeSecret(next, text); err != nil {
		return err
	}
	return os.Rename(next, s.path(recordFile))
}
