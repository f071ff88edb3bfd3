// Command spillway is the customer's and the producer's tool: it prints the
// events that a token may read, and puts records into Kinesis.
//
//	spillway subscribe 'weather.us.*'                  # live, until Ctrl-C
//	spillway subscribe --from earliest -n 10 -o json   # ten events as JSON lines
//	spillway subscribe --filter 'data.temperature > 35.0'
//	spillway subscribe --durable news -o json >> news.jsonl
//	spillway produce --generate weather --stream weather
//	spillway produce history.jsonl --key '{station}'
//	spillway access                                    # what the token may read
//	spillway token --claims
//	spillway admin customer add news --grant 'weather.us.*'
//
// # Configuration
//
// A flag wins over a variable, a variable over the file. The file is the one that
// --config names, else ./properties.yaml, else ./.spillway/properties.yaml. Files that it
// names are relative to it.
//
//	flag             variable                    key in the file   meaning
//	--endpoint       SPILLWAY_ENDPOINT           serviceEndpoint   the gateway: host:port or a URL (grpcs, https, grpc, http)
//	--client-id      SPILLWAY_CLIENT_ID          clientId          OAuth 2.0 client
//	                 SPILLWAY_CLIENT_SECRET      clientSecret      and its secret,
//	                 SPILLWAY_CLIENT_SECRET_FILE clientSecretFile  or a file with nothing else in it
//	--token-url      SPILLWAY_TOKEN_URL          tokenUrl          where tokens are issued
//	--scope          SPILLWAY_SCOPES             scopes            narrow the token (blank-separated; left out: everything allowed)
//	                 SPILLWAY_TOKEN                                an access token to use in place of the five above
//	--ca-file        SPILLWAY_CA_FILE            caFile            PEM file of authorities to trust for the gateway (the token URL: the system's)
//	--cert-file      SPILLWAY_CERT_FILE          certFile          PEM file of the client's certificate, for a gateway that asks for one
//	--key-file       SPILLWAY_KEY_FILE           keyFile           PEM file of its key
//	--plaintext      SPILLWAY_PLAINTEXT          plaintext         no TLS (true or false; in the file for its own serviceEndpoint); left out: only on loopback
//	--stream         SPILLWAY_STREAM             streamName        the Kinesis stream of produce
//	--endpoint-url   AWS_ENDPOINT_URL_KINESIS,   kinesisEndpoint   where Kinesis is; left out: AWS
//	                 AWS_ENDPOINT_URL
//	--region         AWS_REGION,                 region            left out on loopback: us-east-1
//	                 AWS_DEFAULT_REGION
//	--user-pool-id   SPILLWAY_USER_POOL_ID       userPoolId        the Cognito user pool of admin customer
//	--endpoint-url   AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER,
//	                 AWS_ENDPOINT_URL            cognitoEndpoint   where Cognito is; left out: AWS
//
// # Secrets
//
// The client's secret and a token are never flags, because every user of a machine can
// read the arguments of its processes. Where no place has the secret, nothing else is
// missing, and stdin and stderr are terminals, it is asked for, unseen. A file that holds
// a secret or a key should have mode 600: what others may read is told on stderr, and
// what they may write is refused. No output has a secret or a token, errors included,
// but what token and, for the secret of a customer that they make, admin customer add and
// rotate are for: they write it to stdout once.
//
// # A filter
//
// subscribe --filter EXPRESSION has the gateway send only the events that an expression
// of CEL is true for. A mistake in it ends the command; on a terminal, a caret below the
// expression shows where it is. access shows, beside a grant, the filter that the
// operator has attached to it.
//
// # A durable subscription
//
// subscribe --durable NAME keeps its position in $XDG_STATE_HOME/spillway, or
// ~/.local/state/spillway, as NAME.position (and NAME.position.lock, which stays); a
// NAME with a slash is a path. The next run with the same NAME, patterns and filter goes
// on after the last line of this one, in whatever way this one ended; --from counts only
// until there is a position. Other patterns, another filter, a second process at a time,
// or a file that is damaged, are errors: nothing is skipped or mixed by mistake.
//
// A line is written to stdout whole, by itself, and then counted. A kill -9 has at
// most one line printed again: the one between these two. If the kill tears a line
// in two, it is printed again whole, on a line of its own where stdout is a file that
// is appended to. A gap may be told again in the same way. If the machine crashes, the
// lines of the last second may be printed again; stdout that is a file is brought to the
// disk before the position is.
//
// # Exit status
//
//	0    it did what was asked (an endless command also when it was interrupted, or
//	     --timeout came, once it was subscribed)
//	1    it failed
//	2    the command line or the configuration is wrong
//	3    access is denied: the credentials, the token or the pattern are refused
//	4    --timeout came before --count events, or before it was subscribed
//	130  it was interrupted before it was done
package main
