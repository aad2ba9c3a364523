package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const hopSessionName = "function-sts-assume-role"

// walker walks chains from the SDK's default credentials. All pass the roles of `via`, once for each region.
type walker struct {
	config aws.Config
	via    []string

	mutex   sync.Mutex
	clients map[string]func() (*sts.Client, error)
}

func newWalker(ctx context.Context, via []string, concurrency int) (*walker, error) {
	// As many connections are kept as are in use: the SDK's 10 would be opened again and again.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.MaxIdleConnsPerHost = concurrency
	})
	loaded, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client))
	if err != nil {
		return nil, err
	}
	return &walker{config: loaded, via: via, clients: map[string]func() (*sts.Client, error){}}, nil
}

// session is the last hop of a generator's chain.
func (w *walker) session(ctx context.Context, asked generator) (*types.Credentials, error) {
	client, err := w.clientBehindVia(ctx, asked.Spec.Region)
	if err != nil {
		return nil, err
	}
	name := asked.Metadata.Name
	if asked.Metadata.Namespace != "" {
		name = asked.Metadata.Namespace + "." + name
	}
	input := &sts.AssumeRoleInput{
		RoleArn:         &asked.Spec.Role,
		RoleSessionName: &name,
		DurationSeconds: &asked.Spec.RequestParameters.SessionDuration,
	}
	if id := asked.Spec.RequestParameters.ExternalID; id != "" {
		input.ExternalId = &id
	}
	return assume(ctx, client, input)
}

// clientBehindVia signs as the last role of `via`. Whoever comes first walks there, the others wait for it.
func (w *walker) clientBehindVia(ctx context.Context, region string) (*sts.Client, error) {
	w.mutex.Lock()
	walk, known := w.clients[region]
	if !known {
		walk = sync.OnceValues(func() (*sts.Client, error) { return w.walkVia(ctx, region) })
		w.clients[region] = walk
	}
	w.mutex.Unlock()
	return walk()
}

func (w *walker) walkVia(ctx context.Context, region string) (*sts.Client, error) {
	inRegion := func(options *sts.Options) { options.Region = region }
	client := sts.NewFromConfig(w.config, inRegion)
	for _, role := range w.via {
		session, err := assume(ctx, client, &sts.AssumeRoleInput{
			RoleArn:         &role,
			RoleSessionName: aws.String(hopSessionName),
			DurationSeconds: aws.Int32(defaultDurationSeconds),
		})
		if err != nil {
			return nil, err
		}
		keys := credentials.NewStaticCredentialsProvider(
			*session.AccessKeyId, *session.SecretAccessKey, *session.SessionToken)
		client = sts.NewFromConfig(w.config, inRegion, func(options *sts.Options) { options.Credentials = keys })
	}
	return client, nil
}

func assume(ctx context.Context, client *sts.Client, input *sts.AssumeRoleInput) (*types.Credentials, error) {
	answer, err := client.AssumeRole(ctx, input)
	if err != nil {
		return nil, fmt.Errorf("cannot assume role %q: %w", *input.RoleArn, err)
	}
	return answer.Credentials, nil
}
