package main

import _ "embed"

//go:embed doc.go
var docText string
