package inert

import (
	"context"
	"maps"
	"sync"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// Account is what is recorded of one account in one region. Make one with [New].
type Account struct {
	region, id string
	kinds      map[string]kind

	mu      sync.Mutex // guards records
	records map[key]record
}

// key names a resource: its type and what Ref answers.
type key struct{ typ, id string }

// record is a resource that is there.
type record struct {
	made
	properties map[string]any
}

// made is what a new resource answers. Aliases are names by which others refer to it, beside its id.
type made struct {
	id         string
	attributes map[string]any
	aliases    []string
}

// kind is what is known of one resource type.
type kind struct {
	// make invents the ids of a new resource, or says what AWS would refuse. Account.mu is held.
	make func(a *Account, r cloudformation.Request) (made, error)
	// check says what AWS would refuse of a new or changed resource; nil checks nothing. Account.mu is held.
	check func(a *Account, r cloudformation.Request) error
	// references are the properties that name another recorded resource.
	references []reference
}

// New returns an account without resources.
func New(region, accountID string) *Account {
	a := &Account{region: region, id: accountID, kinds: map[string]kind{}, records: map[key]record{}}
	for _, service := range []map[string]kind{networkKinds(), groupKinds(), identityKinds(), watchKinds(), keyKinds()} {
		maps.Copy(a.kinds, service)
	}
	return a
}

// Provisioners are those of every type that is recorded.
func (a *Account) Provisioners() map[string]cloudformation.Provisioner {
	all := make(map[string]cloudformation.Provisioner, len(a.kinds))
	for typ, k := range a.kinds {
		all[typ] = provisioner{a, k}
	}
	return all
}

// Exists tells whether there is a resource of a type by an id, a name or an alias of it.
func (a *Account) Exists(typ, id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.find(typ, id)
	return ok
}

// find returns a resource by its id or an alias; for the default security group of a VPC, which no resource of a template is,
// the VPC. Account.mu is held.
func (a *Account) find(typ, id string) (record, bool) {
	if r, ok := a.records[key{typ, id}]; ok {
		return r, true
	}
	for k, r := range a.records {
		if k.typ == typ && r.named(id) || typ == typeGroup && k.typ == typeVPC && r.attributes["DefaultSecurityGroup"] == id {
			return r, true
		}
	}
	return record{}, false
}

func (m made) named(id string) bool {
	for _, alias := range m.aliases {
		if alias == id {
			return true
		}
	}
	return m.id == id
}

func (a *Account) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + a.region + ":" + a.id + ":" + resource
}

// provisioner records the resources of one kind.
type provisioner struct {
	account *Account
	kind    kind
}

// Create implements cloudformation.Provisioner.
func (p provisioner) Create(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	a := p.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := p.accept(r); err != nil {
		return cloudformation.Result{}, err
	}
	m, err := p.kind.make(a, r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	k := key{r.Type, m.id}
	if _, taken := a.records[k]; taken {
		return cloudformation.Result{}, &cloudformation.HandlerError{
			Code: cloudformation.CodeAlreadyExists, Message: "Resource of type '" + r.Type + "' with identifier '" + m.id + "' already exists.",
		}
	}
	a.records[k] = record{m, r.Properties}
	return cloudformation.Result{PhysicalID: m.id, Attributes: m.attributes}, nil
}

func (p provisioner) accept(r cloudformation.Request) error {
	if err := p.account.checkReferences(p.kind.references, r.Properties); err != nil {
		return err
	}
	if p.kind.check == nil {
		return nil
	}
	return p.kind.check(p.account, r)
}

// Update implements cloudformation.Provisioner. Ids and attributes stay.
func (p provisioner) Update(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	a := p.account
	a.mu.Lock()
	defer a.mu.Unlock()
	old, ok := a.records[key{r.Type, r.PhysicalID}]
	if !ok {
		return cloudformation.Result{}, notFound("%s '%s' does not exist", r.Type, r.PhysicalID)
	}
	if err := p.accept(r); err != nil {
		return cloudformation.Result{}, err
	}
	a.records[key{r.Type, r.PhysicalID}] = record{old.made, r.Properties}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, nil
}

// Read implements cloudformation.Reader. Only templates change what is recorded, so what drifts is what is gone.
func (p provisioner) Read(_ context.Context, r cloudformation.Request) (map[string]any, error) {
	a := p.account
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.records[key{r.Type, r.PhysicalID}]
	if !ok {
		return nil, notFound("%s '%s' does not exist", r.Type, r.PhysicalID)
	}
	return maps.Clone(found.properties), nil
}

// Delete implements cloudformation.Provisioner. What others refer to cannot be deleted.
func (p provisioner) Delete(_ context.Context, r cloudformation.Request) error {
	a := p.account
	a.mu.Lock()
	defer a.mu.Unlock()
	k := key{r.Type, r.PhysicalID}
	old, ok := a.records[k]
	if !ok {
		return notFound("%s '%s' does not exist", r.Type, r.PhysicalID)
	}
	if err := a.checkUnused(k, old); err != nil {
		return err
	}
	delete(a.records, k)
	return nil
}
