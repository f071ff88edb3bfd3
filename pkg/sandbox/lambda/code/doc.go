// Package code unpacks the zip archives that Lambda functions come in.
//
// [Unpack] writes an archive's files below a directory and refuses archives that would write elsewhere, hold links or
// devices, or grow beyond Lambda's limits. [Remove] deletes what Unpack wrote. Nothing is executed here.
//
// Followed: AWS Lambda developer guide, "Lambda quotas" and "Deploying Lambda functions as .zip file archives".
//
// Ledger: AWS also unpacks symbolic links; here they are refused by name.
//
// All functions may be called by several goroutines at once, for different directories.
package code
