package cloudformation

import "time"

// What comes from outside is bounded. The figures are CloudFormation's own quotas where it has one.
const (
	maxInlineTemplate   = 51_200           // TemplateBody, bytes (quota)
	maxStoredTemplate   = 1 << 20          // TemplateURL, bytes (quota: 1 MB)
	maxRequestBody      = 1 << 20          // a form: an inline template percent-encoded threefold and 200 parameters of 4,096 bytes
	maxTemplateDepth    = 64               // nesting of maps, lists and functions; keeps recursion over outside input shallow
	maxResources        = 500              // per template (quota)
	maxParameters       = 200              // per template (quota)
	maxParameterBytes   = 4_096            // one parameter's value (quota)
	maxOutputs          = 200              // per template (quota)
	maxMappings         = 200              // per template (quota)
	maxDescription      = 1_024            // template description, bytes (quota)
	maxTags             = 50               // per stack (API model)
	maxStacks           = 2_000            // live stacks (quota)
	maxDeletedStacks    = 200              // deleted stacks still described by id; AWS keeps them for 90 days
	maxChangeSets       = 1_000            // per stack, so that a stack's memory has an end
	maxEvents           = 10_000           // newest events kept per stack, so that a stack updated for weeks has an end
	maxStackName        = 128              // characters (API model)
	maxNextToken        = 1_024            // characters (API model)
	maxEvaluatedBytes   = 4 << 20          // text one evaluation may produce; a 1 MiB template of references to 4 KiB values would make gigabytes
	maxTimeoutMinutes   = 527_040          // a year; a creation that may take longer has no use for a limit
	maxTokens           = 100              // ClientRequestTokens remembered per stack; AWS keeps them for a day
	maxNesting          = 10               // stacks within each other; AWS has no figure, but a template may nest itself
	maxForEachTurns     = 2_000            // values Fn::ForEach makes in a template; each turn may make a resource, of which 500 are allowed
	maxExpandedValues   = 200_000          // of a template after its transform; the largest template without one has fewer
	maxTreeResources    = 10_000           // of a root stack with all that it nests; a small template may nest itself often
	maxCidrBlocks       = 256              // Fn::Cidr count (documentation)
	pageSize            = 100              // events, resources, stacks per page
	maxParallel         = 16               // provisioner calls in flight per stack; AWS's figure is not published
	driftTimeout        = 10 * time.Minute // one detection
	defaultSettleWait   = 20 * time.Second
	timestampLayout     = "2006-01-02T15:04:05.000Z"
	xmlNamespace        = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
	stackResourceType   = "AWS::CloudFormation::Stack"
	templateFormat      = "2010-09-09"
	maxValueInErrorText = 200 // characters of an outside value repeated in an error
)
