package cloudformation

import (
	"context"
	"io"
)

// Provisioner makes, changes and removes the physical resources of one resource type.
//
// It is called from several goroutines at once. When ctx ends it should return soon with ctx.Err().
// A Create that fails after it has made something returns the PhysicalID with the error, and the rollback deletes it.
type Provisioner interface {
	// Create makes the resource and returns what Ref and Fn::GetAtt answer.
	Create(ctx context.Context, r Request) (Result, error)
	// Update changes the resource in place; whether it must be replaced instead is the engine's decision.
	Update(ctx context.Context, r Request) (Result, error)
	// Delete removes the resource; one that is gone already is a HandlerError with CodeNotFound, or nil.
	Delete(ctx context.Context, r Request) error
}

// Request is one resource of a stack, with its properties evaluated and coerced to the types its schema names.
// OldProperties is set for Update only; PhysicalID for Update, Delete, Read and Snapshot.
type Request struct {
	Type, LogicalID, StackName, StackID, PhysicalID string
	Properties, OldProperties                       map[string]any
	// Tags are the stack's, with the three that CloudFormation adds itself (aws:cloudformation:stack-name and so on). A resource
	// that takes tags has them beside those of its properties. Set for Create and Update.
	Tags map[string]string

	announce func(physicalID string)
}

// Announce tells the physical id before Create returns, for a resource that takes long: events and DescribeStackResources have
// it from then on. Create still returns it.
func (r Request) Announce(physicalID string) {
	if r.announce != nil {
		r.announce(physicalID)
	}
}

// Reader is a Provisioner that can tell what a resource is like now, for drift detection.
type Reader interface {
	// Read returns the properties as they are, named as in the schema; those that it leaves out are not compared. One that is
	// gone is a HandlerError with CodeNotFound.
	Read(ctx context.Context, r Request) (map[string]any, error)
}

// Snapshotter is a Provisioner that can keep a resource's content, which DeletionPolicy and UpdateReplacePolicy Snapshot ask for.
type Snapshotter interface {
	// Snapshot keeps the content of a resource that is about to be deleted.
	Snapshot(ctx context.Context, r Request) error
}

// Result is what a resource answers: Ref returns PhysicalID, Fn::GetAtt looks into Attributes.
// Update may leave PhysicalID empty, or Attributes nil, to keep what was.
type Result struct {
	PhysicalID string
	Attributes map[string]any
}

// ObjectReader reads the template that a TemplateURL names.
type ObjectReader interface {
	// ReadObject opens an object; the engine reads no more than CloudFormation's template limit and closes it.
	ReadObject(ctx context.Context, bucket, key string) (io.ReadCloser, error)
}

// ParameterStore resolves parameters of type AWS::SSM::Parameter::Value.
type ParameterStore interface {
	// Parameter returns the value stored under name; ok is false where there is none.
	Parameter(ctx context.Context, name string) (value string, ok bool, err error)
}
