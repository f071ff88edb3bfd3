package deploy

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/spillway/spillway/pkg/deploy/image"
)

// keepImages is how many images a new repository keeps: more than deployments that anybody goes back.
const keepImages = `{"rules":[{"rulePriority":1,"description":"Keep the last 100 images","selection":` +
	`{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":100},"action":{"type":"expire"}}]}`

// registry is the image repository that the gateway is deployed from.
type registry struct {
	client *ecr.Client
	name   string
}

func newRegistry(cfg aws.Config, name string) *registry {
	if name == "" {
		name = defaultRepository
	}
	return &registry{client: ecr.NewFromConfig(cfg), name: name}
}

// push makes the repository where there is none, and pushes the image unless it is there. It says whether the endpoint has a
// registry at all: an emulator that names AWS's own has none.
func (r *registry) push(ctx context.Context, i *image.Image) (pushed bool, err error) {
	if err := r.ensure(ctx); err != nil {
		return false, err
	}
	_, err = r.client.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RepositoryName: &r.name, ImageIds: []types.ImageIdentifier{{ImageDigest: aws.String(i.Digest())}},
	})
	var missing *types.ImageNotFoundException
	if err == nil {
		return true, nil
	}
	if !errors.As(err, &missing) {
		return false, fmt.Errorf("look for the image %s: %w", i.Digest(), err)
	}
	target, err := r.login(ctx)
	if err != nil {
		return false, err
	}
	if foreign(target.Repository, r.client.Options().BaseEndpoint) {
		return false, nil
	}
	return true, i.Push(ctx, target)
}

func (r *registry) ensure(ctx context.Context) error {
	_, err := r.client.CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName: &r.name, ImageTagMutability: types.ImageTagMutabilityImmutable,
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true},
		EncryptionConfiguration:    &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeAes256},
	})
	var exists *types.RepositoryAlreadyExistsException
	if errors.As(err, &exists) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the image repository %s: %w", r.name, err)
	}
	if _, err := r.client.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: &r.name, LifecyclePolicyText: aws.String(keepImages)}); err != nil {
		return fmt.Errorf("say how many images the repository %s keeps: %w", r.name, err)
	}
	return nil
}

// login asks for a password, and where it is good.
func (r *registry) login(ctx context.Context) (image.Target, error) {
	out, err := r.client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return image.Target{}, fmt.Errorf("log in to the registry: %w", err)
	}
	if len(out.AuthorizationData) == 0 {
		return image.Target{}, errors.New("log in to the registry: it gave no token")
	}
	data := out.AuthorizationData[0]
	token, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	user, password, ok := strings.Cut(string(token), ":")
	if err != nil || !ok {
		return image.Target{}, errors.New("log in to the registry: its token is none")
	}
	endpoint, err := url.Parse(aws.ToString(data.ProxyEndpoint))
	if err != nil || endpoint.Host == "" {
		return image.Target{}, fmt.Errorf("log in to the registry: it is at %q, which is no URL", aws.ToString(data.ProxyEndpoint))
	}
	return image.Target{Repository: endpoint.Host + "/" + r.name, User: user, Password: password, Insecure: endpoint.Scheme == "http"}, nil
}

// foreign says whether a registry is AWS's own although the endpoint is not: nothing of a local deployment goes there.
func foreign(repository string, endpoint *string) bool {
	const own = ".amazonaws.com"
	host, _, _ := strings.Cut(repository, "/")
	u, err := url.Parse(aws.ToString(endpoint))
	return endpoint != nil && strings.HasSuffix(host, own) && (err != nil || !strings.HasSuffix(u.Hostname(), own))
}
