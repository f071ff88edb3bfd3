package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// deployment is one create or update while it runs. Its own fields are used under Service.mu, like the stack's.
type deployment struct {
	svc      *Service
	st       *stack
	t        *template
	set      settings
	update   bool
	scope    *scope
	sources  *sources
	prepared *changeSet    // that is executed, nil without one
	timeout  time.Duration // of a creation; 0 is none

	unfit error // why it fails before anything is made

	previous *template // and the settings, before an update
	earlier  settings

	before   map[string]*resource // as they were
	touched  []string             // made or changed by this operation, in order
	replaced []*resource          // old physical resources whose successors live
	halves   []*resource          // what failed replacements left behind
	failures map[string]string    // logical id to the verb that failed: create or update
	undone   *undoing             // from the first rollback on
}

// newDeployment prepares an operation; Service.mu is held.
func (s *Service) newDeployment(st *stack, sub submission, update bool) (*deployment, error) {
	sc, err := s.scopeOf(st, sub.template, sub.settings)
	if err != nil {
		return nil, err
	}
	d := &deployment{
		svc: s, st: st, t: sub.template, set: sub.settings, update: update, scope: sc, sources: sub.sources, prepared: sub.prepared,
		timeout: sub.timeout, previous: st.template, earlier: st.settings, before: maps.Clone(st.resources), failures: map[string]string{},
	}
	sc.resource = d.resource
	return d, nil
}

// resource is what expressions see while the operation runs. Service.mu is held.
func (d *deployment) resource(id string) (resourceValue, bool) {
	if _, declared := d.t.resources[id]; !declared || !d.t.wanted(id, d.scope) {
		return resourceValue{}, false
	}
	r, ok := d.st.resources[id]
	if !ok || !r.exists() {
		return resourceValue{}, false
	}
	return resourceValue{known: true, physicalID: r.physicalID, attributes: r.attributes, typ: r.typ}, true
}

// wantedIDs are the resources the template asks for under this operation's conditions.
func (d *deployment) wantedIDs() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(d.t.resources)) {
		if d.t.wanted(id, d.scope) {
			out = append(out, id)
		}
	}
	return out
}

// errTimeout ends a creation that takes longer than TimeoutInMinutes.
var errTimeout = errors.New("Stack creation time exceeded the specified timeout.") //nolint:revive // AWS's text

// errUserInitiated ends an update that CancelUpdateStack stops.
var errUserInitiated = errors.New("User Initiated")

// apply makes and changes what the template asks for, each resource after those it depends on.
func (d *deployment) apply(ctx context.Context) error {
	if d.timeout > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, d.timeout, errTimeout)
		defer cancel()
		ctx = limited
	}
	if d.unfit != nil {
		return d.unfit
	}
	if err := d.svc.parametersExist(ctx, d.t, d.set.resolved); err != nil && ctx.Err() == nil {
		return err
	}
	failed := graphRun{nodes: d.wantedIDs(), dependsOn: d.t.dependencies(), stopOnError: true, do: d.applyOne}.run(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errTimeout) || errors.Is(cause, errUserInitiated) {
		return cause
	}
	if len(failed) > 0 {
		return errors.New(d.failureText())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var err error
	d.svc.do(func() { err = d.finishOutputs() })
	return err
}

// failureText names what failed, as the stack's event does.
func (d *deployment) failureText() string {
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	var b strings.Builder
	for _, verb := range []string{"create", "update"} {
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(d.failures)) {
			if d.failures[id] == verb {
				ids = append(ids, id)
			}
		}
		if ids != nil {
			fmt.Fprintf(&b, "The following resource(s) failed to %s: [%s]. ", verb, strings.Join(ids, ", "))
		}
	}
	return b.String()
}

// finishOutputs evaluates the outputs of a deployment that made everything. Service.mu is held.
func (d *deployment) finishOutputs() error {
	outputs, err := d.t.evaluateOutputs(d.scope)
	if err != nil {
		return errors.New(reasonText(err))
	}
	if err := d.svc.checkExports(d.st, outputs); err != nil {
		return errors.New(reasonText(err))
	}
	d.st.outputs, d.st.imports = outputs, d.scope.imported
	return nil
}

// step is one resource on its way: the declaration, its evaluated properties and what was there.
type step struct {
	id         string
	decl       resourceDecl
	properties map[string]any // with dynamic references as they are in the template
	resolved   map[string]any // with their values, for the provisioner
	old        *resource      // nil where nothing exists
}

func (d *deployment) applyOne(ctx context.Context, id string) error {
	sp, err := d.prepare(id)
	if err == nil {
		sp.resolved, err = d.svc.withSecrets(ctx, id, sp.decl.typ, sp.properties)
	}
	if err != nil {
		d.svc.do(func() { d.refuse(sp, err) })
		return err
	}
	if sp.old == nil {
		return d.create(ctx, sp)
	}
	sch := d.svc.schemas[sp.decl.typ]
	c := compare(sch, sp.old, sp.decl, sp.properties)
	switch {
	case c != nil && c.replacement == "True":
		return d.create(ctx, sp)
	case c != nil && slices.Contains(c.scope, "Properties"), d.retags(sch), d.changesInside(sp):
		return d.change(ctx, sp)
	default:
		d.svc.do(func() { d.keep(sp) })
		return nil
	}
}

// retags says whether the stack's tags change for a resource of a type.
func (d *deployment) retags(sch *schema) bool {
	return !slices.Equal(d.set.tags, d.earlier.tags) && sch.takesTags()
}

func (d *deployment) prepare(id string) (step, error) {
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	sp := step{id: id, decl: d.t.resources[id]}
	if old, ok := d.before[id]; ok && old.exists() {
		sp.old = old
	}
	properties, err := evaluateProperties(sp.decl, d.scope)
	if err != nil {
		return sp, err
	}
	sp.properties, err = d.svc.schemas[sp.decl.typ].conform(id, properties)
	return sp, err
}

// withSecrets resolves the dynamic references in properties and gives the values their types.
func (s *Service) withSecrets(ctx context.Context, id, typ string, properties map[string]any) (map[string]any, error) {
	v, err := s.resolveDynamic(ctx, properties)
	if err != nil {
		return nil, err
	}
	resolved, _ := v.(map[string]any)
	return s.schemas[typ].conform(id, resolved)
}

// refuse records a resource whose properties are wrong before anything was asked of its provisioner.
func (d *deployment) refuse(sp step, err error) {
	r := sp.record()
	status, verb := createFailed, "create"
	if sp.old != nil {
		status, verb = updateFailed, "update"
		r.physicalID, r.attributes, r.properties = sp.old.physicalID, sp.old.attributes, sp.old.properties
	}
	d.failures[sp.id] = verb
	d.touched = append(d.touched, sp.id)
	d.st.resources[sp.id] = r
	d.svc.resourceEvent(d.st, r, status, reasonText(err))
}

// keep takes over what a template may change about a resource without touching it.
func (d *deployment) keep(sp step) {
	r := *sp.old
	r.dependsOn, r.deletion, r.updateReplace, r.metadata = sp.decl.dependsOn, sp.decl.deletion, sp.decl.updateReplace, sp.decl.metadata
	d.st.resources[sp.id] = &r
}

func (sp step) record() *resource {
	return &resource{
		logicalID: sp.id, typ: sp.decl.typ, properties: sp.properties, dependsOn: sp.decl.dependsOn,
		deletion: sp.decl.deletion, updateReplace: sp.decl.updateReplace, metadata: sp.decl.metadata,
	}
}

// statuses are the words of one way to bring a resource about.
type statuses struct{ running, done, failed, verb, cancelled string }

func creating(replacing bool) statuses {
	if replacing {
		return statuses{updateInProgress, updateComplete, updateFailed, "update", "Resource update cancelled"}
	}
	return statuses{createInProgress, createComplete, createFailed, "create", "Resource creation cancelled"}
}

const replacementReason = "Requested update requires the creation of a new physical resource; hence creating one."

// create makes a resource, in place of an old one where there is one.
func (d *deployment) create(ctx context.Context, sp step) error {
	words := creating(sp.old != nil)
	r := sp.record()
	d.svc.do(func() {
		d.touched = append(d.touched, sp.id)
		reason := ""
		if sp.old != nil {
			r.physicalID, reason = sp.old.physicalID, replacementReason
		}
		d.svc.resourceEvent(d.st, r, words.running, reason)
		if sp.old == nil {
			d.st.resources[sp.id] = r
		}
	})
	announced := ""
	req := d.request(r, sp)
	req.announce = func(id string) {
		d.svc.do(func() {
			if announced == "" && id != "" {
				announced = id
				d.initiated(sp, id, words)
			}
		})
	}
	res, err := d.provisioner(r.typ).Create(ctx, req)
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	if res.PhysicalID == "" {
		res.PhysicalID = announced
	}
	if err == nil && res.PhysicalID == "" {
		err = errors.New("the provisioner returned no physical id")
	}
	if err != nil {
		return d.createFailed(ctx, sp, r, res, err)
	}
	if announced == "" {
		d.initiated(sp, res.PhysicalID, words)
	}
	made := *r
	made.physicalID, made.attributes = res.PhysicalID, res.Attributes
	if sp.old != nil {
		old := *sp.old
		old.updateReplace = sp.decl.updateReplace // the new template decides
		d.replaced = append(d.replaced, &old)
	}
	d.st.resources[sp.id] = &made
	d.svc.resourceEvent(d.st, &made, words.done, "")
	return nil
}

// initiated tells that a resource has its physical id. Service.mu is held.
func (d *deployment) initiated(sp step, physicalID string, words statuses) {
	begun := sp.record()
	begun.physicalID = physicalID
	d.svc.resourceEvent(d.st, begun, words.running, "Resource creation Initiated")
	if sp.old == nil {
		d.st.resources[sp.id] = begun
	}
}

// createFailed records a creation that did not come about. What it left behind is kept for the rollback to delete.
// Service.mu is held.
func (d *deployment) createFailed(ctx context.Context, sp step, r *resource, res Result, err error) error {
	words := creating(sp.old != nil)
	d.failures[sp.id] = words.verb
	failed := *r
	if sp.old != nil {
		failed.physicalID, failed.attributes, failed.properties = sp.old.physicalID, sp.old.attributes, sp.old.properties
		if res.PhysicalID != "" {
			half := *r
			half.physicalID = res.PhysicalID
			d.halves = append(d.halves, &half)
		}
	} else {
		failed.physicalID = res.PhysicalID
	}
	d.st.resources[sp.id] = &failed
	d.svc.resourceEvent(d.st, &failed, words.failed, d.reason(ctx, err, words.cancelled))
	return err
}

// reason is "cancelled" for a resource that stopped because another one failed.
func (d *deployment) reason(ctx context.Context, err error, cancelled string) string {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return cancelled
	}
	return handlerReason(err, d.svc.newID())
}

// change updates a resource in place.
func (d *deployment) change(ctx context.Context, sp step) error {
	r := sp.record()
	r.physicalID, r.attributes = sp.old.physicalID, sp.old.attributes
	d.svc.do(func() {
		d.touched = append(d.touched, sp.id)
		d.st.resources[sp.id] = r
		d.svc.resourceEvent(d.st, r, updateInProgress, "")
	})
	res, err := d.provisioner(r.typ).Update(ctx, d.request(r, sp))
	d.svc.mu.Lock()
	defer d.svc.mu.Unlock()
	updated := *r
	d.st.resources[sp.id] = &updated
	if err != nil {
		d.failures[sp.id] = "update"
		d.svc.resourceEvent(d.st, &updated, updateFailed, d.reason(ctx, err, "Resource update cancelled"))
		return err
	}
	if res.PhysicalID != "" {
		updated.physicalID = res.PhysicalID
	}
	updated.attributes = keepAttributes(updated.attributes, res.Attributes)
	d.svc.resourceEvent(d.st, &updated, updateComplete, "")
	return nil
}

// provisioner makes resources of a type; nested stacks are the engine's own.
func (d *deployment) provisioner(typ string) Provisioner {
	if typ == stackResourceType {
		return nestedStacks{d}
	}
	return d.svc.provisioners[typ]
}

func (d *deployment) request(r *resource, sp step) Request {
	req := Request{
		Type: r.typ, LogicalID: r.logicalID, StackName: d.st.name, StackID: d.st.id, Properties: sp.resolved, Tags: d.tags(r.logicalID),
	}
	if sp.old != nil {
		req.OldProperties = sp.old.properties
		req.PhysicalID = sp.old.physicalID
	}
	return req
}

// tags are what a resource gets beside the tags of its properties.
func (d *deployment) tags(logicalID string) map[string]string {
	out := map[string]string{
		"aws:cloudformation:stack-name": d.st.name, "aws:cloudformation:stack-id": d.st.id, "aws:cloudformation:logical-id": logicalID,
	}
	for _, t := range d.set.tags {
		out[t.Key] = t.Value
	}
	return out
}

// keepAttributes lets an Update that returns no attributes keep the old ones.
func keepAttributes(old, fresh map[string]any) map[string]any {
	if fresh == nil {
		return maps.Clone(old)
	}
	return fresh
}
