package lambda

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/lambda/code"
)

// AccountSettings are the limits of an account, and what is used of them.
type AccountSettings struct {
	AccountLimit AccountLimit
	AccountUsage AccountUsage
}

// AccountLimit is what an account may have.
type AccountLimit struct {
	TotalCodeSize                  int64
	CodeSizeUnzipped               int64
	CodeSizeZipped                 int64
	ConcurrentExecutions           int
	UnreservedConcurrentExecutions int
}

// AccountUsage is what an account has.
type AccountUsage struct {
	TotalCodeSize int64
	FunctionCount int64
}

// GetAccountSettings tells the limits of the account, and what is used of them. TotalCodeSize is this sandbox's.
func (s *Service) GetAccountSettings(context.Context) (AccountSettings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := AccountSettings{AccountLimit: AccountLimit{
		TotalCodeSize: MaxCodeStorageBytes, CodeSizeUnzipped: code.MaxUnzippedBytes, CodeSizeZipped: MaxZippedBytes,
		ConcurrentExecutions: accountConcurrency, UnreservedConcurrentExecutions: s.unreserved(nil),
	}}
	for _, f := range s.functions {
		out.AccountUsage.FunctionCount++
		for _, r := range f.revisions() {
			out.AccountUsage.TotalCodeSize += r.config.CodeSize
		}
	}
	return out, nil
}
