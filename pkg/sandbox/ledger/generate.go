package ledger

//go:generate go run ./gen -out ../../../docs/ledger.md
