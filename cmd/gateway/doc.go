// Gateway serves subscribers: gRPC with bearer tokens on one port, health and
// metrics on another. On SIGTERM or SIGINT it drains and stops. Started as "gateway health", with
// the same variables, it tells by its exit status whether the one that runs is ready.
//
// Environment variables; all that is wrong with them is told at once:
//
//	SPILLWAY_REDIS_URL         where the event log is (required): redis://host:port or rediss://host:port,
//	                           with ?cluster=true for a cluster
//	SPILLWAY_ISSUER            the exact issuer of tokens (required):
//	                           https://cognito-idp.REGION.amazonaws.com/POOL
//	SPILLWAY_JWKS_URL          where the issuer's keys are, if not at ISSUER/.well-known/jwks.json
//	SPILLWAY_JWKS_INSECURE     true allows http to other hosts than loopback (default false)
//	SPILLWAY_RESOURCE_SERVERS  the resource servers whose scopes are grants, separated by blanks (default spillway
//	                           spillway-customers: the template's, and that of spillway admin customer)
//	SPILLWAY_CURSOR_KEY        what cursors are sealed with (required): 32 random bytes in base64 (openssl rand -base64 32; the
//	                           padding may be left out), the
//	                           same for all gateways and across deployments. Two, separated by a comma, replace a key: the
//	                           first seals, both are taken (docs/operations.md)
//	SPILLWAY_LISTEN            gRPC address (default 127.0.0.1:8443)
//	SPILLWAY_ADMIN_LISTEN      address of /healthz, /readyz, /metrics (default 127.0.0.1:8081)
//	SPILLWAY_LOG_NAME          name of the event log (default spillway)
//	SPILLWAY_LANES             lanes of the event log if it is made anew, 1 to 256 (default 16)
//	SPILLWAY_RETENTION         its retention then, such as 1h (default 1h)
//	SPILLWAY_MAX_STREAMS       the most streams at a time (default 10000)
//	SPILLWAY_HEARTBEAT         the longest silence of a stream, 1s to 5m (default 30s)
//	SPILLWAY_DRAIN_WINDOW      how long streams are asked to go when stopping, 0s to 100s (default 60s)
//	SPILLWAY_STALL_TIMEOUT     how long a subscriber may take nothing before its stream is ended, 1s to 1h (default 2m)
//	SPILLWAY_STREAM_AGE        how old a stream becomes, give or take a tenth, before it is asked to come back, 10s to 168h (default 30m)
//	SPILLWAY_LINGER            how close to each other responses of a busy stream are, 0s to 1s; after a silence as long an event is
//	                           sent at once (default 5ms; docs/performance.md)
//	SPILLWAY_MAX_EVENT_BYTES   the largest event that a subscriber may ask for, encoded (default 10551296)
//	SPILLWAY_TLS_CERT_FILE     certificate of the gateway, PEM with intermediates; read again when it changes (required, with the
//	                           key, unless SPILLWAY_PLAINTEXT)
//	SPILLWAY_TLS_KEY_FILE      its key
//	SPILLWAY_TLS_CLIENT_CA_FILE authorities, PEM: if set, subscribers need a certificate of one of them, beside their token
//	SPILLWAY_TLS_CERT          in place of the file, the certificate itself, PEM; for secrets that come in the environment. A new
//	                           one is in force after a restart
//	SPILLWAY_TLS_KEY           its key itself
//	SPILLWAY_TLS_CLIENT_CA     the authorities themselves
//	SPILLWAY_PLAINTEXT         true does without TLS, for use behind a balancer that has it (default false)
//	SPILLWAY_PROXY_PROTOCOL    true wants every connection to begin with a header of the PROXY protocol (1 or 2), by which a
//	                           balancer tells the subscriber's address (default false)
//	SPILLWAY_POLICY_FILE       clients that may or may not come in, and filters of grants: go doc ./pkg/policy; read again when it
//	                           changes
//	SPILLWAY_MAX_CONNECTIONS   the most connections at a time; for this and the limits below 0 is none (default 20000)
//	SPILLWAY_MAX_PATTERNS      the most patterns of a subscription (default 64)
//	SPILLWAY_CLIENT_STREAMS    the most streams of a client id at a time (default 1000)
//	SPILLWAY_CLIENT_STREAM_RATE how many a client id may open per second, beyond as many as it may have (default 50)
//	SPILLWAY_CLIENT_FILTER_COST what the distinct filters of a client id's streams may cost per event, together (default 5000)
//	SPILLWAY_ADDRESS_CONNECTIONS the most connections of an address (IPv6: of a /64 network) at a time (default 1000)
//	SPILLWAY_ADDRESS_STREAMS   the most streams of an address at a time (default 5000)
//	SPILLWAY_ADDRESS_STREAM_RATE how many an address may open per second, beyond as many as it may have (default 500)
//	SPILLWAY_ADDRESS_FAILURE_RATE how many calls without a valid token an address may make per second, before new tokens from it are
//	                           refused for a while; ten times that at once (default 10)
//	SPILLWAY_REFLECTION        true serves gRPC reflection, to who has a token (default false)
//	SPILLWAY_METRICS_SERVICE   if set, the metrics that a service is scaled and watched by are written to standard output once a
//	                           minute, as lines that CloudWatch makes metrics of, with this name as the dimension Service
//	SPILLWAY_LOG_LEVEL         debug, info, warn or error (default info)
//	GOGC                       Go's own, when garbage is collected (default 50)
package main
