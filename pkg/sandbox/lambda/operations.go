package lambda

import (
	"net/http"

	"github.com/spillway/spillway/pkg/sandbox/ledger"
)

// Operation is an operation of the API, and what there is of it here.
type Operation struct {
	Name   string
	Method string
	Path   string // a pattern of net/http, with a query parameter where that tells it from another one of the path
	Status ledger.Status
	Note   string // what is simplified, or why it is left out

	serve  func(s *Service, r *http.Request) (status int, body any, err error)
	stream func(s *Service, w http.ResponseWriter, r *http.Request) // for those whose answer is no JSON
}

// Why operations are left out.
const (
	noLayers         = "there are no layers: a function brings what it needs"
	noSigning        = "code is not signed"
	noURLs           = "there are no function URLs: nothing of the stack is called that way"
	noProvisioned    = "there is no provisioned concurrency: cold starts take milliseconds"
	noDurable        = "there are no durable functions; they came to the API after the model at hand"
	noCapacity       = "there are no capacity providers; they came to the API after the model at hand"
	noRecursion      = "loops of functions are not looked for"
	noRuntimes       = "there is one runtime, in one version"
	noResourcePolicy = "policies are those of AddPermission; this came to the API after the model at hand"
)

// Operations is the table of all operations of the API.
func Operations() []Operation { //nolint:funlen // a table
	return []Operation{
		{Name: "AddLayerVersionPermission", Method: http.MethodPost, Path: "/2018-10-31/layers/{layerName}/versions/{version}/policy", Status: ledger.LeftOut, Note: noLayers},
		{Name: "AddPermission", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/policy", Status: ledger.Simplified, Note: "policies are kept and shown, but authorize nothing", serve: (*Service).serveAddPermission},
		{Name: "CheckpointDurableExecution", Method: http.MethodPost, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/checkpoint", Status: ledger.LeftOut, Note: noDurable},
		{Name: "CreateAlias", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/aliases", Status: ledger.Done, serve: (*Service).serveCreateAlias},
		{Name: "CreateCapacityProvider", Method: http.MethodPost, Path: "/2025-11-30/capacity-providers", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "CreateCodeSigningConfig", Method: http.MethodPost, Path: "/2020-04-22/code-signing-configs", Status: ledger.LeftOut, Note: noSigning},
		{Name: "CreateEventSourceMapping", Method: http.MethodPost, Path: "/2015-03-31/event-source-mappings", Status: ledger.Simplified, Note: "of Kinesis; see the ledger of event source mappings", serve: (*Service).serveCreateMapping},
		{Name: "CreateFunction", Method: http.MethodPost, Path: "/2015-03-31/functions", Status: ledger.Simplified, Note: "runtime provided.al2023, package type Zip and the machine's architecture only; Layers, FileSystemConfigs, ImageConfig, CodeSigningConfigArn, DeadLetterConfig, SnapStart, S3ObjectVersion and SourceKMSKeyArn are refused by name; VpcConfig, TracingConfig, EphemeralStorage, KMSKeyArn and Role are shown, without effect; it is Pending in the answer and Active from then on", serve: (*Service).serveCreateFunction},
		{Name: "CreateFunctionUrlConfig", Method: http.MethodPost, Path: "/2021-10-31/functions/{name}/url", Status: ledger.LeftOut, Note: noURLs},
		{Name: "DeleteAlias", Method: http.MethodDelete, Path: "/2015-03-31/functions/{name}/aliases/{alias}", Status: ledger.Done, serve: (*Service).serveDeleteAlias},
		{Name: "DeleteCapacityProvider", Method: http.MethodDelete, Path: "/2025-11-30/capacity-providers/{capacityProviderName}", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "DeleteCodeSigningConfig", Method: http.MethodDelete, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}", Status: ledger.LeftOut, Note: noSigning},
		{Name: "DeleteEventSourceMapping", Method: http.MethodDelete, Path: "/2015-03-31/event-source-mappings/{uuid}", Status: ledger.Done, serve: (*Service).serveDeleteMapping},
		{Name: "DeleteFunction", Method: http.MethodDelete, Path: "/2015-03-31/functions/{name}", Status: ledger.Done, serve: (*Service).serveDeleteFunction},
		{Name: "DeleteFunctionCodeSigningConfig", Method: http.MethodDelete, Path: "/2020-06-30/functions/{name}/code-signing-config", Status: ledger.LeftOut, Note: noSigning},
		{Name: "DeleteFunctionConcurrency", Method: http.MethodDelete, Path: "/2017-10-31/functions/{name}/concurrency", Status: ledger.Done, serve: (*Service).serveDeleteConcurrency},
		{Name: "DeleteFunctionEventInvokeConfig", Method: http.MethodDelete, Path: "/2019-09-25/functions/{name}/event-invoke-config", Status: ledger.Done, serve: (*Service).serveDeleteEventInvoke},
		{Name: "DeleteFunctionUrlConfig", Method: http.MethodDelete, Path: "/2021-10-31/functions/{name}/url", Status: ledger.LeftOut, Note: noURLs},
		{Name: "DeleteLayerVersion", Method: http.MethodDelete, Path: "/2018-10-31/layers/{layerName}/versions/{version}", Status: ledger.LeftOut, Note: noLayers},
		{Name: "DeleteProvisionedConcurrencyConfig", Method: http.MethodDelete, Path: "/2019-09-30/functions/{name}/provisioned-concurrency", Status: ledger.LeftOut, Note: noProvisioned},
		{Name: "DeleteResourcePolicy", Method: http.MethodDelete, Path: "/2026-07-09/resource-policy/{resourceArn}", Status: ledger.LeftOut, Note: noResourcePolicy},
		{Name: "GetAccountSettings", Method: http.MethodGet, Path: "/2016-08-19/account-settings", Status: ledger.Simplified, Note: "TotalCodeSize is the sandbox's 4 GB", serve: (*Service).serveAccountSettings},
		{Name: "GetAlias", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/aliases/{alias}", Status: ledger.Done, serve: (*Service).serveGetAlias},
		{Name: "GetCapacityProvider", Method: http.MethodGet, Path: "/2025-11-30/capacity-providers/{capacityProviderName}", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "GetCodeSigningConfig", Method: http.MethodGet, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}", Status: ledger.LeftOut, Note: noSigning},
		{Name: "GetDurableExecution", Method: http.MethodGet, Path: "/2025-12-01/durable-executions/{durableExecutionArn}", Status: ledger.LeftOut, Note: noDurable},
		{Name: "GetDurableExecutionHistory", Method: http.MethodGet, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/history", Status: ledger.LeftOut, Note: noDurable},
		{Name: "GetDurableExecutionState", Method: http.MethodGet, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/state", Status: ledger.LeftOut, Note: noDurable},
		{Name: "GetEventSourceMapping", Method: http.MethodGet, Path: "/2015-03-31/event-source-mappings/{uuid}", Status: ledger.Done, serve: (*Service).serveGetMapping},
		{Name: "GetFunction", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}", Status: ledger.Simplified, Note: "Location is a URL of the sandbox, which does not expire", serve: (*Service).serveGetFunction},
		{Name: "GetFunctionCodeSigningConfig", Method: http.MethodGet, Path: "/2020-06-30/functions/{name}/code-signing-config", Status: ledger.LeftOut, Note: noSigning},
		{Name: "GetFunctionConcurrency", Method: http.MethodGet, Path: "/2019-09-30/functions/{name}/concurrency", Status: ledger.Done, serve: (*Service).serveGetConcurrency},
		{Name: "GetFunctionConfiguration", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/configuration", Status: ledger.Done, serve: (*Service).serveGetFunctionConfiguration},
		{Name: "GetFunctionEventInvokeConfig", Method: http.MethodGet, Path: "/2019-09-25/functions/{name}/event-invoke-config", Status: ledger.Done, serve: (*Service).serveGetEventInvoke},
		{Name: "GetFunctionRecursionConfig", Method: http.MethodGet, Path: "/2024-08-31/functions/{name}/recursion-config", Status: ledger.LeftOut, Note: noRecursion},
		{Name: "GetFunctionScalingConfig", Method: http.MethodGet, Path: "/2025-11-30/functions/{name}/function-scaling-config", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "GetFunctionUrlConfig", Method: http.MethodGet, Path: "/2021-10-31/functions/{name}/url", Status: ledger.LeftOut, Note: noURLs},
		{Name: "GetLayerVersion", Method: http.MethodGet, Path: "/2018-10-31/layers/{layerName}/versions/{version}", Status: ledger.LeftOut, Note: noLayers},
		{Name: "GetLayerVersionByArn", Method: http.MethodGet, Path: "/2018-10-31/layers?find=LayerVersion", Status: ledger.LeftOut, Note: noLayers},
		{Name: "GetLayerVersionPolicy", Method: http.MethodGet, Path: "/2018-10-31/layers/{layerName}/versions/{version}/policy", Status: ledger.LeftOut, Note: noLayers},
		{Name: "GetPolicy", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/policy", Status: ledger.Done, serve: (*Service).serveGetPolicy},
		{Name: "GetProvisionedConcurrencyConfig", Method: http.MethodGet, Path: "/2019-09-30/functions/{name}/provisioned-concurrency", Status: ledger.LeftOut, Note: noProvisioned},
		{Name: "GetResourcePolicy", Method: http.MethodGet, Path: "/2026-07-09/resource-policy/{resourceArn}", Status: ledger.LeftOut, Note: noResourcePolicy},
		{Name: "GetRuntimeManagementConfig", Method: http.MethodGet, Path: "/2021-07-20/functions/{name}/runtime-management-config", Status: ledger.LeftOut, Note: noRuntimes},
		{Name: "Invoke", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/invocations", Status: ledger.Simplified, Note: "events wait in memory; the pauses between retries are exact; TenantId is refused by name", stream: (*Service).serveInvoke},
		{Name: "InvokeAsync", Method: http.MethodPost, Path: "/2014-11-13/functions/{name}/invoke-async", Status: ledger.Done, serve: (*Service).serveInvokeAsync},
		{Name: "InvokeWithResponseStream", Method: http.MethodPost, Path: "/2021-11-15/functions/{name}/response-streaming-invocations", Status: ledger.Simplified, Note: "no bandwidth limit; the ErrorCode of a function error is its errorType, which nothing at hand confirms", stream: (*Service).serveInvokeStream},
		{Name: "ListAliases", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/aliases", Status: ledger.Done, serve: (*Service).serveListAliases},
		{Name: "ListCapacityProviders", Method: http.MethodGet, Path: "/2025-11-30/capacity-providers", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "ListCodeSigningConfigs", Method: http.MethodGet, Path: "/2020-04-22/code-signing-configs", Status: ledger.LeftOut, Note: noSigning},
		{Name: "ListDurableExecutionsByFunction", Method: http.MethodGet, Path: "/2025-12-01/functions/{name}/durable-executions", Status: ledger.LeftOut, Note: noDurable},
		{Name: "ListEventSourceMappings", Method: http.MethodGet, Path: "/2015-03-31/event-source-mappings", Status: ledger.Done, serve: (*Service).serveListMappings},
		{Name: "ListFunctionEventInvokeConfigs", Method: http.MethodGet, Path: "/2019-09-25/functions/{name}/event-invoke-config/list", Status: ledger.Done, serve: (*Service).serveListEventInvoke},
		{Name: "ListFunctionUrlConfigs", Method: http.MethodGet, Path: "/2021-10-31/functions/{name}/urls", Status: ledger.LeftOut, Note: noURLs},
		{Name: "ListFunctionVersionsByCapacityProvider", Method: http.MethodGet, Path: "/2025-11-30/capacity-providers/{capacityProviderName}/function-versions", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "ListFunctions", Method: http.MethodGet, Path: "/2015-03-31/functions", Status: ledger.Done, serve: (*Service).serveListFunctions},
		{Name: "ListFunctionsByCodeSigningConfig", Method: http.MethodGet, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}/functions", Status: ledger.LeftOut, Note: noSigning},
		{Name: "ListLayerVersions", Method: http.MethodGet, Path: "/2018-10-31/layers/{layerName}/versions", Status: ledger.LeftOut, Note: noLayers},
		{Name: "ListLayers", Method: http.MethodGet, Path: "/2018-10-31/layers", Status: ledger.LeftOut, Note: noLayers},
		{Name: "ListProvisionedConcurrencyConfigs", Method: http.MethodGet, Path: "/2019-09-30/functions/{name}/provisioned-concurrency?List=ALL", Status: ledger.LeftOut, Note: noProvisioned},
		{Name: "ListTags", Method: http.MethodGet, Path: "/2017-03-31/tags/{arn}", Status: ledger.Simplified, Note: "of functions only", serve: (*Service).serveListTags},
		{Name: "ListVersionsByFunction", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/versions", Status: ledger.Done, serve: (*Service).serveListVersions},
		{Name: "PublishLayerVersion", Method: http.MethodPost, Path: "/2018-10-31/layers/{layerName}/versions", Status: ledger.LeftOut, Note: noLayers},
		{Name: "PublishVersion", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/versions", Status: ledger.Done, serve: (*Service).servePublishVersion},
		{Name: "PutFunctionCodeSigningConfig", Method: http.MethodPut, Path: "/2020-06-30/functions/{name}/code-signing-config", Status: ledger.LeftOut, Note: noSigning},
		{Name: "PutFunctionConcurrency", Method: http.MethodPut, Path: "/2017-10-31/functions/{name}/concurrency", Status: ledger.Done, serve: (*Service).servePutConcurrency},
		{Name: "PutFunctionEventInvokeConfig", Method: http.MethodPut, Path: "/2019-09-25/functions/{name}/event-invoke-config", Status: ledger.Simplified, Note: "destinations are queues, topics, functions and buckets; event buses are refused", serve: (*Service).servePutEventInvoke},
		{Name: "PutFunctionRecursionConfig", Method: http.MethodPut, Path: "/2024-08-31/functions/{name}/recursion-config", Status: ledger.LeftOut, Note: noRecursion},
		{Name: "PutFunctionScalingConfig", Method: http.MethodPut, Path: "/2025-11-30/functions/{name}/function-scaling-config", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "PutProvisionedConcurrencyConfig", Method: http.MethodPut, Path: "/2019-09-30/functions/{name}/provisioned-concurrency", Status: ledger.LeftOut, Note: noProvisioned},
		{Name: "PutResourcePolicy", Method: http.MethodPut, Path: "/2026-07-09/resource-policy/{resourceArn}", Status: ledger.LeftOut, Note: noResourcePolicy},
		{Name: "PutRuntimeManagementConfig", Method: http.MethodPut, Path: "/2021-07-20/functions/{name}/runtime-management-config", Status: ledger.LeftOut, Note: noRuntimes},
		{Name: "RemoveLayerVersionPermission", Method: http.MethodDelete, Path: "/2018-10-31/layers/{layerName}/versions/{version}/policy/{statement}", Status: ledger.LeftOut, Note: noLayers},
		{Name: "RemovePermission", Method: http.MethodDelete, Path: "/2015-03-31/functions/{name}/policy/{statement}", Status: ledger.Done, serve: (*Service).serveRemovePermission},
		{Name: "SendDurableExecutionCallbackFailure", Method: http.MethodPost, Path: "/2025-12-01/durable-execution-callbacks/{callbackId}/fail", Status: ledger.LeftOut, Note: noDurable},
		{Name: "SendDurableExecutionCallbackHeartbeat", Method: http.MethodPost, Path: "/2025-12-01/durable-execution-callbacks/{callbackId}/heartbeat", Status: ledger.LeftOut, Note: noDurable},
		{Name: "SendDurableExecutionCallbackSuccess", Method: http.MethodPost, Path: "/2025-12-01/durable-execution-callbacks/{callbackId}/succeed", Status: ledger.LeftOut, Note: noDurable},
		{Name: "StopDurableExecution", Method: http.MethodPost, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/stop", Status: ledger.LeftOut, Note: noDurable},
		{Name: "TagResource", Method: http.MethodPost, Path: "/2017-03-31/tags/{arn}", Status: ledger.Simplified, Note: "of functions only", serve: (*Service).serveTagResource},
		{Name: "UntagResource", Method: http.MethodDelete, Path: "/2017-03-31/tags/{arn}", Status: ledger.Simplified, Note: "of functions only", serve: (*Service).serveUntagResource},
		{Name: "UpdateAlias", Method: http.MethodPut, Path: "/2015-03-31/functions/{name}/aliases/{alias}", Status: ledger.Done, serve: (*Service).serveUpdateAlias},
		{Name: "UpdateCapacityProvider", Method: http.MethodPut, Path: "/2025-11-30/capacity-providers/{capacityProviderName}", Status: ledger.LeftOut, Note: noCapacity},
		{Name: "UpdateCodeSigningConfig", Method: http.MethodPut, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}", Status: ledger.LeftOut, Note: noSigning},
		{Name: "UpdateEventSourceMapping", Method: http.MethodPut, Path: "/2015-03-31/event-source-mappings/{uuid}", Status: ledger.Simplified, Note: "of Kinesis; see the ledger of event source mappings", serve: (*Service).serveUpdateMapping},
		{Name: "UpdateFunctionCode", Method: http.MethodPut, Path: "/2015-03-31/functions/{name}/code", Status: ledger.Simplified, Note: "members as of CreateFunction; it is in progress in the answer and successful from then on", serve: (*Service).serveUpdateFunctionCode},
		{Name: "UpdateFunctionConfiguration", Method: http.MethodPut, Path: "/2015-03-31/functions/{name}/configuration", Status: ledger.Simplified, Note: "members as of CreateFunction; it is in progress in the answer and successful from then on", serve: (*Service).serveUpdateFunctionConfiguration},
		{Name: "UpdateFunctionEventInvokeConfig", Method: http.MethodPost, Path: "/2019-09-25/functions/{name}/event-invoke-config", Status: ledger.Simplified, Note: "as PutFunctionEventInvokeConfig", serve: (*Service).serveUpdateEventInvoke},
		{Name: "UpdateFunctionUrlConfig", Method: http.MethodPut, Path: "/2021-10-31/functions/{name}/url", Status: ledger.LeftOut, Note: noURLs},
	}
}
