package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/autoscaling"
	"github.com/spillway/spillway/pkg/sandbox/cognito"
	"github.com/spillway/spillway/pkg/sandbox/ecr"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
	"github.com/spillway/spillway/pkg/sandbox/logs"
	"github.com/spillway/spillway/pkg/sandbox/secretsmanager"
	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
	"github.com/spillway/spillway/pkg/sandbox/sqs"
	"github.com/spillway/spillway/pkg/sandbox/ssm"
)

// adminPrefix begins the paths of the sandbox's own API.
const adminPrefix = "/_sandbox/"

// The beginnings of the paths of knobs.
const (
	kinesisKnobs = adminPrefix + "kinesis/"
	lambdaKnobs  = adminPrefix + "lambda/"
)

// The services of the sandbox, by the names that requests are signed for.
const (
	serviceAutoScaling    = "application-autoscaling"
	serviceCloudFormation = "cloudformation"
	serviceDiscovery      = "servicediscovery"
	serviceECR            = "ecr"
	serviceECS            = "ecs"
	serviceELB            = "elasticloadbalancing"
	serviceCognito        = "cognito-idp"
	serviceKinesis        = "kinesis"
	serviceLambda         = "lambda"
	serviceLogs           = "logs"
	serviceS3             = "s3"
	serviceSecrets        = "secretsmanager"
	serviceSNS            = "sns"
	serviceSQS            = "sqs"
	serviceSSM            = "ssm"
	serviceSTS            = "sts"
)

// route finds out which service a request is for. A signature names it; requests
// without one are told apart by the marks of their protocols, and end at the service
// that then says what is missing. S3 is what is left: its paths are free.
func route(r *http.Request) string {
	target, path := r.Header.Get("X-Amz-Target"), r.URL.Path
	switch service := signedFor(r); {
	case service != "":
		return service
	case strings.HasPrefix(path, ecs.MetadataPrefix): // "v4" is too short for a bucket
		return serviceECS
	case strings.HasPrefix(target, "Kinesis_"):
		return serviceKinesis
	case strings.HasPrefix(target, ecr.TargetPrefix), strings.HasPrefix(path, ecr.RegistryPrefix): // "v2" is too short for a bucket
		return serviceECR
	case strings.HasPrefix(target, sqs.TargetPrefix):
		return serviceSQS
	case strings.HasPrefix(target, autoscaling.TargetPrefix):
		return serviceAutoScaling
	case strings.HasPrefix(target, ecs.TargetPrefix):
		return serviceECS
	case strings.HasPrefix(target, logs.TargetPrefix):
		return serviceLogs
	case strings.HasPrefix(target, secretsmanager.TargetPrefix):
		return serviceSecrets
	case strings.HasPrefix(target, ssm.TargetPrefix):
		return serviceSSM
	case strings.HasPrefix(target, servicediscovery.TargetPrefix):
		return serviceDiscovery
	case strings.HasPrefix(target, cognito.TargetPrefix):
		return serviceCognito
	case strings.HasPrefix(path, "/2015-03-31/"), strings.HasPrefix(path, "/2017-03-31/"), strings.HasPrefix(path, "/2017-10-31/"), strings.HasPrefix(path, "/2019-09-30/"):
		return serviceLambda
	case r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-"):
		return serviceKinesis
	case r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return serviceCloudFormation
	default:
		return serviceS3
	}
}

// signedFor returns the service in the credential scope of a request's signature:
// Credential=KEY/DATE/REGION/SERVICE/aws4_request, in the header or the query.
func signedFor(r *http.Request) string {
	scope := r.URL.Query().Get("X-Amz-Credential")
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		scope, _, _ = strings.Cut(after, ",")
	}
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[len(parts)-2] // a key id may hold slashes
}

// ServeHTTP gives a request to the emulator of its service.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, adminPrefix) {
		s.serveAdmin(w, r)
		return
	}
	service := route(r)
	if h, ok := s.emulators[service]; ok {
		h.ServeHTTP(w, r)
		return
	}
	s.cfg.Logger.Warn("request for a service that the sandbox has not", "service", service)
	http.Error(w, fmt.Sprintf("UnknownService: the sandbox has no service %q; it has %s", service, strings.Join(s.serviceNames(), ", ")), http.StatusNotImplemented)
}

func (s *Sandbox) serviceNames() []string {
	var names []string
	for name := range s.emulators {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
