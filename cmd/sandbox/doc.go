// Sandbox runs a small AWS on one port, with Redis and the services of the stack
// beside it; see package sandbox. On SIGTERM or SIGINT it ends all that it started. Started as "sandbox health", with the
// same variables, it tells by its exit status whether the one that runs is ready.
//
// Environment variables; all that is wrong with them is told at once:
//
//	SPILLWAY_SANDBOX_LISTEN          address of the AWS endpoint (default 127.0.0.1:4566)
//	SPILLWAY_SANDBOX_STATE           directory for code, scratch space and logs (required)
//	SPILLWAY_SANDBOX_REDIS           auto, server (the installed redis-server), embedded or none (default auto)
//	SPILLWAY_SANDBOX_REDIS_LISTEN    address of Redis (default 127.0.0.1:16379)
//	SPILLWAY_SANDBOX_CACHES          which Redis caches of templates are: auto, server or embedded (default auto)
//	SPILLWAY_SANDBOX_TASKS           JSON file of variables that every container gets whose task definition does not name them, {"NAME":"VALUE"};
//	                                 in a value, ${OTHER} is a variable of the container (default: none)
//	SPILLWAY_SANDBOX_SERVICES        JSON file that lists the services to run, {"services":[{"name","command","env","ready"}]}
//	SPILLWAY_SANDBOX_COGNITO         URL of the user pool service that templates make pools in, and cognito-idp requests go to (default: none)
//	SPILLWAY_SANDBOX_TLS_CA          PEM file of an authority, and
//	SPILLWAY_SANDBOX_TLS_CERT        of a certificate of it for 127.0.0.1, and
//	SPILLWAY_SANDBOX_TLS_KEY         of its key, which caches with encryption in transit show; functions trust it by SSL_CERT_FILE (default: none)
//	SPILLWAY_SANDBOX_LISTENER_CERT   PEM file of the certificate that every ARN of Certificate Manager stands for, and
//	SPILLWAY_SANDBOX_LISTENER_KEY    of its key; read again for each connection (default: none)
//	SPILLWAY_SANDBOX_REGION          the region that it stands for (default us-east-1)
//	SPILLWAY_SANDBOX_ACCOUNT         the account that it stands for (default 000000000000)
//	SPILLWAY_SANDBOX_ENFORCE_LIMITS  true throttles shards of Kinesis as AWS does (default true)
//	SPILLWAY_SANDBOX_KINESIS_BYTES   bytes of memory for the records of Kinesis; puts beyond it are refused as throttled (default 536870912)
//	SPILLWAY_SANDBOX_KINESIS_DELAY   how long a stream stays CREATING, UPDATING and DELETING (default 200ms)
//	SPILLWAY_SANDBOX_KINESIS_KEYS    access keys that requests to Kinesis must be signed with, id:secret,id:secret (default: any credentials do)
//	SPILLWAY_SANDBOX_POLL_INTERVAL   how often event source mappings poll a shard, AWS: 1s; 0s reads what arrives at once (default 0s)
//	SPILLWAY_SANDBOX_PERSIST         true keeps streams, their records, functions and event source mappings, but no stacks, in the directory of state for the next
//	                                 start (default false)
//	SPILLWAY_SANDBOX_LOG_LEVEL       debug, info, warn or error (default info)
//
// Its knobs are at /_sandbox/kinesis/ and /_sandbox/lambda/ of the endpoint; see packages kinesis and lambda.
//
// It checks no permission, and signatures only of Kinesis where keys are set, so it listens where it is told to and
// should be told a loopback address.
package main
