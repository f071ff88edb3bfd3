// Parity compares what has to be the same in several places, and prints it side by side:
//
//   - the environment variables of each program, with their defaults: the program itself, the task definition and the function of the
//     templates, the same as mage up deploys them, compose.yaml, and what the local stack of the data path gives to it;
//   - its commands, ports and health checks;
//   - its limits: what the program takes, and what the templates let be given to it;
//   - what is deployed, as mage up and as mage deploy make it: the function's zip file by its hash, the gateway's image by its digest;
//   - the AWS actions that the code calls and that services need on behalf of a role, and what that role allows.
//
// Run it by "go tool mage parity", or "go run ./parity" in e2e. It fails if anything differs without a reason that is written down
// beside the comparison, and for a reason that explains nothing any more. Where compose.yaml is not there it says so; with
// CI=true, that is a failure, too, if the main branch has the file.
//
// It reads sources and templates, and builds the programs; it starts nothing and needs no network. It is part of the second module
// because what type-checks programs is no dependency of the product.
package main
