// Package ecs is an ECS whose tasks run: a task of a Fargate service becomes processes of the binaries in its images, with the
// environment, secrets, command, health checks and stop timeout of its task definition, and a scheduler keeps services as they
// are wanted, replaces what dies and rolls out what is new.
//
// [New] makes an [Emulator], an http.Handler for the API (JSON 1.1, `aws ecs`) that can also be used directly; besides the
// actions there are [Emulator.AwaitSteady] and [Emulator.AwaitInactive] for who provisions services. Images, secrets, logs, load
// balancers and Cloud Map come in through interfaces; see [Config]. [Emulator.Close] stops all tasks.
//
// # Addresses
//
// A Fargate task has a network interface of its own, so every task may listen on port 8443 of all its interfaces. Here each
// task has a loopback address of its own, 127.64.0.0/10, which Linux has without being told; a target of the load balancer is
// that address. What makes a program listen there instead of everywhere is a rewriting of its settings: a value of its
// environment, or an argument, that is in full a listen address on all interfaces (":8443", "0.0.0.0:8443", "[::]:8443", or
// such a one after "--flag=") gets the task's address (127.64.3.2:8443). So the task definition is the cloud's, no variable has
// a name that the emulator knows, and a program that listens on 127.0.0.1, or on a port that the load balancer does not know,
// is as unreachable as on AWS. A program that listens everywhere without being told has [Image.Listen].
//
// The other ways were worse: network namespaces need privileges that not everybody has, and a way between them; ports instead
// of addresses need a change of the template and of what health checks ask; preloading does nothing to a static binary. The
// price: within a task 127.0.0.1 is the machine's. A container's health check does not meet the container there, and where a
// program listens on a port of 127.0.0.1 by its own default, only one task can: such a default is overridden, for the sandbox only,
// by [Config.Environment], as with ":8081", which becomes the task's address. What follows from a container's own variables, as
// where the keys of an issuer really are, [Config.Derived] adds.
//
// # A deployment
//
// New tasks start as far as maximumPercent allows; old ones stop as new ones become healthy, as far as minimumHealthyPercent
// allows. A task is healthy when its containers' health checks and its targets say so; where there is neither, when it has run
// for 30 s. A task that is to stop is deregistered, and gets SIGTERM only when the deregistration delay is over, SIGKILL after its
// stopTimeout. A task that ends or becomes unhealthy before it was ever healthy counts for the circuit breaker, whose threshold
// is half of the desired count, 3 at least and 200 at most. Ends in a row that come too early make the next start wait, 10 s at
// first, 15 minutes at most.
//
// The scheduler's waits and the intervals of container health checks pass [Config.TimeScale] times faster than on AWS. What a
// program has to start, answer and stop does not, for that is its own time: the grace of health checks, start periods, timeouts and
// stop timeouts.
//
// Followed: Amazon ECS API reference (2014-11-13), Amazon ECS developer guide: "Task lifecycle", "Service definition
// parameters", "Deployment circuit breaker", "Service event messages", "Stopped task error messages", "Service throttle logic",
// "Pass Secrets Manager secrets through environment variables", "Fargate task definition differences", "Task metadata endpoint
// version 4 for tasks on Fargate".
//
// Actions: Create-, Delete-, DescribeClusters, ListClusters and UpdateClusterSettings; Register-, Deregister-, DescribeTaskDefinition,
// ListTaskDefinitions and ListTaskDefinitionFamilies; Create-, Update-, Delete-, DescribeServices and ListServices; RunTask,
// StopTask, DescribeTasks, ListTasks. Every other one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - launch type FARGATE, network mode awsvpc, rolling deployments of replica services; capacity providers, task sets, blue/green,
//     deployment alarms, daemons, Service Connect, volumes, EFS, sidecar dependencies (dependsOn), restart policies, environment
//     files, ECS Exec and firelens are refused by name, as is every member of a request that is not listed in its input type;
//   - a container is no container: it is a process of this user that sees this machine's files, in the working directory of its
//     unpacked image. Kept and shown, but not enforced: cpu (a share of a CPU needs a control group, which only the superuser
//     gives away), user (another user needs the superuser, and could not read what this one has unpacked), readonlyRootFilesystem
//     (the files are this machine's, which others write to), linuxParameters, security groups, roles and public addresses; the
//     architecture of an image must be this machine's;
//   - a task that takes more than its memory, or a container that takes more than its own, loses a container, as it is found every
//     100 ms, on Linux: it ends with exit code 137 and OutOfMemoryError. What a process's own children take is not counted, and neither
//     is the page cache; memoryReservation is only kept;
//   - of ulimits, nofile is set right after the start of a process, on Linux, 65,535 if the definition says nothing, as on Fargate; it is at
//     most what the sandbox itself may have. Others are kept;
//   - the metadata endpoint is at ECS_CONTAINER_METADATA_URI_V4 for all of this machine, not for the task alone. It says nothing of what
//     there is not: hardware and subnet addresses, clock drift, ephemeral storage; its stats are time on CPUs and memory. Version 3 and
//     the agent's endpoint are not there, and neither is that of credentials: they come with [Config.Environment];
//   - maximumPercent counts a task until it has stopped, also while it drains; minimumHealthyPercent is 100 at most;
//   - zones are those of the subnets in turn; nothing is rebalanced between them;
//   - a scheduler looks at once when something changes, not every few seconds; events come one by one, steady ones once;
//   - service revisions and service deployments (2024) are not there; tags cannot be changed after creation;
//   - nothing is kept after the process ends.
//
// All methods may be called by several goroutines at once.
package ecs
