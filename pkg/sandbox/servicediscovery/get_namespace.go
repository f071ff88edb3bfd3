package servicediscovery

import "context"

// GetNamespaceInput names a namespace by its id or ARN.
type GetNamespaceInput struct{ Id string }

// GetNamespaceOutput is a namespace.
type GetNamespaceOutput struct{ Namespace Namespace }

// GetNamespace tells about a namespace.
func (e *Emulator) GetNamespace(_ context.Context, in GetNamespaceInput) (GetNamespaceOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.namespace(in.Id)
	if err != nil {
		return GetNamespaceOutput{}, err
	}
	return GetNamespaceOutput{*n}, nil
}
