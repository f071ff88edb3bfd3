// Package stack runs the whole of Spillway on one machine: it builds the programs, starts the sandbox daemon with
// everything that it supervises, deploys the production templates to it, and says how to reach it all.
//
// What it deploys is Options.Template: all-steps.yaml, of which the gateway's tasks, load balancer, user pool and Redis are made as
// well, or data.yaml alone, beside which the sandbox keeps one gateway and Redis running as programs.
//
// A [Stack] is made by [New] from [Options]; it is a directory, in which everything about one local stack is kept.
//
//	s, err := stack.New(stack.Options{Root: ".", Ports: stack.DefaultPorts(), Out: os.Stdout})
//	endpoints, err := s.Up(ctx)
//	...
//	err = s.Down(ctx)
//
// Several stacks live side by side if each has a directory and ports of its own; a port that is 0 is chosen.
// [Build] builds the programs, for who starts many stacks from one set.
//
// In the directory (.spillway in the checkout unless told otherwise):
//
//	bin/                 the programs
//	credentials.json     the customers' client ids and secrets, which their clients get anew each time: kept by Down
//	cognito.json         with data.yaml: signing keys, client ids and secrets: kept by Down, so that credentials stay the same
//	cursor.key           with data.yaml: what the gateway seals cursors with: kept by Down, so that they stay good
//	tls/                 the development authority (ca.pem) and the gateway's certificate and key: kept by Down, renewed in time
//	policy.yaml          the operator's policy, which the gateway reads again when it changes: kept by Down
//	properties.yaml      how the first customer reaches the stack; customers/NAME.yaml for each
//	stack.json           what runs and where; there only while it does
//	sandbox.pid          the daemon's process id; locked by the daemon for as long as it or a child of it lives
//	pools.yaml, services.json, tasks.json   what the daemon's children and tasks are configured from
//	deploy.yaml          the settings with which the deployer changes the stack
//	log/, state/         logs; state of the sandbox. Begun anew by each Up, so they can be read after Down
//
// It only runs programs: neither the product nor the sandbox is linked in. The exceptions are package deploy and the
// templates, because the local stack is provisioned as a stack on AWS is.
//
// It runs on Linux only: the sandbox runs the very zip file that AWS would get, and in it is a Linux program.
//
// A Stack may be used by several goroutines and, for the same directory, by several programs: Up and Down of one
// directory exclude each other by a lock file.
package stack
