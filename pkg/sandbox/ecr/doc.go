// Package ecr keeps container images, as Amazon ECR does: the API by which repositories are managed, and the registry that images
// are pushed to and pulled from.
//
// [New] makes a [Service], an http.Handler for both: the JSON protocol, and the paths below /v2/. Who wants to push asks
// GetAuthorizationToken for a password; it says, as proxyEndpoint, where the registry is, which here is the sandbox's own
// endpoint. [Service.Image] finds the image that a task definition names, and [Image.Unpack] makes files of it.
//
// Followed: Amazon ECR API reference; "Private registry authentication" and "Amazon ECR interface VPC endpoints" in its user
// guide; the OCI distribution specification 1.1 ("Pull", "Push", "Content Discovery" of tags).
//
// Ledger, simplified: repositoryUri and proxyEndpoint name the sandbox's endpoint, over HTTP; a reference with the name that
// ECR would have in AWS is understood as well. Lifecycle policies are checked for being JSON, kept and given back, but expire nothing.
// Nothing is scanned or encrypted, whatever a repository says. Blobs that have been pushed to one repository are not taken from
// there for another (a mount is answered as an upload). An index whose images or a manifest whose layers are missing is refused with
// MANIFEST_BLOB_UNKNOWN; that this is ECR's code as well was not confirmed. What is kept does not outlive the process.
//
// Left out: the API's own upload of layers (InitiateLayerUpload and its kin) and PutImage, which the registry does; pull-through
// caches, replication, scanning, repository policies and creation templates, registry settings, tags that are immutable but for
// some; referrers and the registry's catalogue.
//
// A Service may be used by several goroutines at once.
package ecr
