package lambda

import "net/http"

// Support says how much of an operation there is.
type Support string

// The kinds of support.
const (
	Done       Support = "done"
	Simplified Support = "simplified"
	Refused    Support = "left out" // it is refused by its name
)

// Operation is an operation of the API, and what there is of it here.
type Operation struct {
	Name    string
	Method  string
	Path    string // a pattern of net/http, with a query parameter where that tells it from another one of the path
	Support Support
	Note    string // what is simplified

	serve  func(s *Service, r *http.Request) (status int, body any, err error)
	stream func(s *Service, w http.ResponseWriter, r *http.Request) // for those whose answer is no JSON
}

// Operations is the table of all operations of the API, the ledger of this package.
func Operations() []Operation { //nolint:funlen // a table
	return []Operation{
		{Name: "AddLayerVersionPermission", Method: http.MethodPost, Path: "/2018-10-31/layers/{layerName}/versions/{version}/policy", Support: Refused},
		{Name: "AddPermission", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/policy", Support: Simplified, Note: "policies are kept and shown, but authorize nothing", serve: (*Service).serveAddPermission},
		{Name: "CheckpointDurableExecution", Method: http.MethodPost, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/checkpoint", Support: Refused},
		{Name: "CreateAlias", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/aliases", Support: Done, serve: (*Service).serveCreateAlias},
		{Name: "CreateCapacityProvider", Method: http.MethodPost, Path: "/2025-11-30/capacity-providers", Support: Refused},
		{Name: "CreateCodeSigningConfig", Method: http.MethodPost, Path: "/2020-04-22/code-signing-configs", Support: Refused},
		{Name: "CreateEventSourceMapping", Method: http.MethodPost, Path: "/2015-03-31/event-source-mappings", Support: Simplified, Note: "of Kinesis; see the ledger of event source mappings", serve: (*Service).serveCreateMapping},
		{Name: "CreateFunction", Method: http.MethodPost, Path: "/2015-03-31/functions", Support: Simplified, Note: "runtime provided.al2023, package type Zip and the machine's architecture only; Layers, FileSystemConfigs, ImageConfig, CodeSigningConfigArn, DeadLetterConfig, SnapStart, S3ObjectVersion and SourceKMSKeyArn are refused by name; VpcConfig, TracingConfig, EphemeralStorage, KMSKeyArn and Role are shown, without effect; it is Pending in the answer and Active from then on", serve: (*Service).serveCreateFunction},
		{Name: "CreateFunctionUrlConfig", Method: http.MethodPost, Path: "/2021-10-31/functions/{name}/url", Support: Refused},
		{Name: "DeleteAlias", Method: http.MethodDelete, Path: "/2015-03-31/functions/{name}/aliases/{alias}", Support: Done, serve: (*Service).serveDeleteAlias},
		{Name: "DeleteCapacityProvider", Method: http.MethodDelete, Path: "/2025-11-30/capacity-providers/{capacityProviderName}", Support: Refused},
		{Name: "DeleteCodeSigningConfig", Method: http.MethodDelete, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}", Support: Refused},
		{Name: "DeleteEventSourceMapping", Method: http.MethodDelete, Path: "/2015-03-31/event-source-mappings/{uuid}", Support: Done, serve: (*Service).serveDeleteMapping},
		{Name: "DeleteFunction", Method: http.MethodDelete, Path: "/2015-03-31/functions/{name}", Support: Done, serve: (*Service).serveDeleteFunction},
		{Name: "DeleteFunctionCodeSigningConfig", Method: http.MethodDelete, Path: "/2020-06-30/functions/{name}/code-signing-config", Support: Refused},
		{Name: "DeleteFunctionConcurrency", Method: http.MethodDelete, Path: "/2017-10-31/functions/{name}/concurrency", Support: Done, serve: (*Service).serveDeleteConcurrency},
		{Name: "DeleteFunctionEventInvokeConfig", Method: http.MethodDelete, Path: "/2019-09-25/functions/{name}/event-invoke-config", Support: Done, serve: (*Service).serveDeleteEventInvoke},
		{Name: "DeleteFunctionUrlConfig", Method: http.MethodDelete, Path: "/2021-10-31/functions/{name}/url", Support: Refused},
		{Name: "DeleteLayerVersion", Method: http.MethodDelete, Path: "/2018-10-31/layers/{layerName}/versions/{version}", Support: Refused},
		{Name: "DeleteProvisionedConcurrencyConfig", Method: http.MethodDelete, Path: "/2019-09-30/functions/{name}/provisioned-concurrency", Support: Refused},
		{Name: "DeleteResourcePolicy", Method: http.MethodDelete, Path: "/2026-07-09/resource-policy/{resourceArn}", Support: Refused},
		{Name: "GetAccountSettings", Method: http.MethodGet, Path: "/2016-08-19/account-settings", Support: Simplified, Note: "TotalCodeSize is the sandbox's 4 GB", serve: (*Service).serveAccountSettings},
		{Name: "GetAlias", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/aliases/{alias}", Support: Done, serve: (*Service).serveGetAlias},
		{Name: "GetCapacityProvider", Method: http.MethodGet, Path: "/2025-11-30/capacity-providers/{capacityProviderName}", Support: Refused},
		{Name: "GetCodeSigningConfig", Method: http.MethodGet, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}", Support: Refused},
		{Name: "GetDurableExecution", Method: http.MethodGet, Path: "/2025-12-01/durable-executions/{durableExecutionArn}", Support: Refused},
		{Name: "GetDurableExecutionHistory", Method: http.MethodGet, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/history", Support: Refused},
		{Name: "GetDurableExecutionState", Method: http.MethodGet, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/state", Support: Refused},
		{Name: "GetEventSourceMapping", Method: http.MethodGet, Path: "/2015-03-31/event-source-mappings/{uuid}", Support: Done, serve: (*Service).serveGetMapping},
		{Name: "GetFunction", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}", Support: Simplified, Note: "Location is a URL of the sandbox, which does not expire", serve: (*Service).serveGetFunction},
		{Name: "GetFunctionCodeSigningConfig", Method: http.MethodGet, Path: "/2020-06-30/functions/{name}/code-signing-config", Support: Refused},
		{Name: "GetFunctionConcurrency", Method: http.MethodGet, Path: "/2019-09-30/functions/{name}/concurrency", Support: Done, serve: (*Service).serveGetConcurrency},
		{Name: "GetFunctionConfiguration", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/configuration", Support: Done, serve: (*Service).serveGetFunctionConfiguration},
		{Name: "GetFunctionEventInvokeConfig", Method: http.MethodGet, Path: "/2019-09-25/functions/{name}/event-invoke-config", Support: Done, serve: (*Service).serveGetEventInvoke},
		{Name: "GetFunctionRecursionConfig", Method: http.MethodGet, Path: "/2024-08-31/functions/{name}/recursion-config", Support: Refused},
		{Name: "GetFunctionScalingConfig", Method: http.MethodGet, Path: "/2025-11-30/functions/{name}/function-scaling-config", Support: Refused},
		{Name: "GetFunctionUrlConfig", Method: http.MethodGet, Path: "/2021-10-31/functions/{name}/url", Support: Refused},
		{Name: "GetLayerVersion", Method: http.MethodGet, Path: "/2018-10-31/layers/{layerName}/versions/{version}", Support: Refused},
		{Name: "GetLayerVersionByArn", Method: http.MethodGet, Path: "/2018-10-31/layers?find=LayerVersion", Support: Refused},
		{Name: "GetLayerVersionPolicy", Method: http.MethodGet, Path: "/2018-10-31/layers/{layerName}/versions/{version}/policy", Support: Refused},
		{Name: "GetPolicy", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/policy", Support: Done, serve: (*Service).serveGetPolicy},
		{Name: "GetProvisionedConcurrencyConfig", Method: http.MethodGet, Path: "/2019-09-30/functions/{name}/provisioned-concurrency", Support: Refused},
		{Name: "GetResourcePolicy", Method: http.MethodGet, Path: "/2026-07-09/resource-policy/{resourceArn}", Support: Refused},
		{Name: "GetRuntimeManagementConfig", Method: http.MethodGet, Path: "/2021-07-20/functions/{name}/runtime-management-config", Support: Refused},
		{Name: "Invoke", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/invocations", Support: Simplified, Note: "events wait in memory; the pauses between retries are exact; TenantId is refused by name", stream: (*Service).serveInvoke},
		{Name: "InvokeAsync", Method: http.MethodPost, Path: "/2014-11-13/functions/{name}/invoke-async", Support: Done, serve: (*Service).serveInvokeAsync},
		{Name: "InvokeWithResponseStream", Method: http.MethodPost, Path: "/2021-11-15/functions/{name}/response-streaming-invocations", Support: Simplified, Note: "no bandwidth limit; the ErrorCode of a function error is its errorType, which nothing at hand confirms", stream: (*Service).serveInvokeStream},
		{Name: "ListAliases", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/aliases", Support: Done, serve: (*Service).serveListAliases},
		{Name: "ListCapacityProviders", Method: http.MethodGet, Path: "/2025-11-30/capacity-providers", Support: Refused},
		{Name: "ListCodeSigningConfigs", Method: http.MethodGet, Path: "/2020-04-22/code-signing-configs", Support: Refused},
		{Name: "ListDurableExecutionsByFunction", Method: http.MethodGet, Path: "/2025-12-01/functions/{name}/durable-executions", Support: Refused},
		{Name: "ListEventSourceMappings", Method: http.MethodGet, Path: "/2015-03-31/event-source-mappings", Support: Done, serve: (*Service).serveListMappings},
		{Name: "ListFunctionEventInvokeConfigs", Method: http.MethodGet, Path: "/2019-09-25/functions/{name}/event-invoke-config/list", Support: Done, serve: (*Service).serveListEventInvoke},
		{Name: "ListFunctionUrlConfigs", Method: http.MethodGet, Path: "/2021-10-31/functions/{name}/urls", Support: Refused},
		{Name: "ListFunctionVersionsByCapacityProvider", Method: http.MethodGet, Path: "/2025-11-30/capacity-providers/{capacityProviderName}/function-versions", Support: Refused},
		{Name: "ListFunctions", Method: http.MethodGet, Path: "/2015-03-31/functions", Support: Done, serve: (*Service).serveListFunctions},
		{Name: "ListFunctionsByCodeSigningConfig", Method: http.MethodGet, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}/functions", Support: Refused},
		{Name: "ListLayerVersions", Method: http.MethodGet, Path: "/2018-10-31/layers/{layerName}/versions", Support: Refused},
		{Name: "ListLayers", Method: http.MethodGet, Path: "/2018-10-31/layers", Support: Refused},
		{Name: "ListProvisionedConcurrencyConfigs", Method: http.MethodGet, Path: "/2019-09-30/functions/{name}/provisioned-concurrency?List=ALL", Support: Refused},
		{Name: "ListTags", Method: http.MethodGet, Path: "/2017-03-31/tags/{arn}", Support: Simplified, Note: "of functions only", serve: (*Service).serveListTags},
		{Name: "ListVersionsByFunction", Method: http.MethodGet, Path: "/2015-03-31/functions/{name}/versions", Support: Done, serve: (*Service).serveListVersions},
		{Name: "PublishLayerVersion", Method: http.MethodPost, Path: "/2018-10-31/layers/{layerName}/versions", Support: Refused},
		{Name: "PublishVersion", Method: http.MethodPost, Path: "/2015-03-31/functions/{name}/versions", Support: Done, serve: (*Service).servePublishVersion},
		{Name: "PutFunctionCodeSigningConfig", Method: http.MethodPut, Path: "/2020-06-30/functions/{name}/code-signing-config", Support: Refused},
		{Name: "PutFunctionConcurrency", Method: http.MethodPut, Path: "/2017-10-31/functions/{name}/concurrency", Support: Done, serve: (*Service).servePutConcurrency},
		{Name: "PutFunctionEventInvokeConfig", Method: http.MethodPut, Path: "/2019-09-25/functions/{name}/event-invoke-config", Support: Simplified, Note: "destinations are queues, topics, functions and buckets; event buses are refused", serve: (*Service).servePutEventInvoke},
		{Name: "PutFunctionRecursionConfig", Method: http.MethodPut, Path: "/2024-08-31/functions/{name}/recursion-config", Support: Refused},
		{Name: "PutFunctionScalingConfig", Method: http.MethodPut, Path: "/2025-11-30/functions/{name}/function-scaling-config", Support: Refused},
		{Name: "PutProvisionedConcurrencyConfig", Method: http.MethodPut, Path: "/2019-09-30/functions/{name}/provisioned-concurrency", Support: Refused},
		{Name: "PutResourcePolicy", Method: http.MethodPut, Path: "/2026-07-09/resource-policy/{resourceArn}", Support: Refused},
		{Name: "PutRuntimeManagementConfig", Method: http.MethodPut, Path: "/2021-07-20/functions/{name}/runtime-management-config", Support: Refused},
		{Name: "RemoveLayerVersionPermission", Method: http.MethodDelete, Path: "/2018-10-31/layers/{layerName}/versions/{version}/policy/{statement}", Support: Refused},
		{Name: "RemovePermission", Method: http.MethodDelete, Path: "/2015-03-31/functions/{name}/policy/{statement}", Support: Done, serve: (*Service).serveRemovePermission},
		{Name: "SendDurableExecutionCallbackFailure", Method: http.MethodPost, Path: "/2025-12-01/durable-execution-callbacks/{callbackId}/fail", Support: Refused},
		{Name: "SendDurableExecutionCallbackHeartbeat", Method: http.MethodPost, Path: "/2025-12-01/durable-execution-callbacks/{callbackId}/heartbeat", Support: Refused},
		{Name: "SendDurableExecutionCallbackSuccess", Method: http.MethodPost, Path: "/2025-12-01/durable-execution-callbacks/{callbackId}/succeed", Support: Refused},
		{Name: "StopDurableExecution", Method: http.MethodPost, Path: "/2025-12-01/durable-executions/{durableExecutionArn}/stop", Support: Refused},
		{Name: "TagResource", Method: http.MethodPost, Path: "/2017-03-31/tags/{arn}", Support: Simplified, Note: "of functions only", serve: (*Service).serveTagResource},
		{Name: "UntagResource", Method: http.MethodDelete, Path: "/2017-03-31/tags/{arn}", Support: Simplified, Note: "of functions only", serve: (*Service).serveUntagResource},
		{Name: "UpdateAlias", Method: http.MethodPut, Path: "/2015-03-31/functions/{name}/aliases/{alias}", Support: Done, serve: (*Service).serveUpdateAlias},
		{Name: "UpdateCapacityProvider", Method: http.MethodPut, Path: "/2025-11-30/capacity-providers/{capacityProviderName}", Support: Refused},
		{Name: "UpdateCodeSigningConfig", Method: http.MethodPut, Path: "/2020-04-22/code-signing-configs/{codeSigningConfigArn}", Support: Refused},
		{Name: "UpdateEventSourceMapping", Method: http.MethodPut, Path: "/2015-03-31/event-source-mappings/{uuid}", Support: Simplified, Note: "of Kinesis; see the ledger of event source mappings", serve: (*Service).serveUpdateMapping},
		{Name: "UpdateFunctionCode", Method: http.MethodPut, Path: "/2015-03-31/functions/{name}/code", Support: Simplified, Note: "members as of CreateFunction; it is in progress in the answer and successful from then on", serve: (*Service).serveUpdateFunctionCode},
		{Name: "UpdateFunctionConfiguration", Method: http.MethodPut, Path: "/2015-03-31/functions/{name}/configuration", Support: Simplified, Note: "members as of CreateFunction; it is in progress in the answer and successful from then on", serve: (*Service).serveUpdateFunctionConfiguration},
		{Name: "UpdateFunctionEventInvokeConfig", Method: http.MethodPost, Path: "/2019-09-25/functions/{name}/event-invoke-config", Support: Simplified, Note: "as PutFunctionEventInvokeConfig", serve: (*Service).serveUpdateEventInvoke},
		{Name: "UpdateFunctionUrlConfig", Method: http.MethodPut, Path: "/2021-10-31/functions/{name}/url", Support: Refused},
	}
}
