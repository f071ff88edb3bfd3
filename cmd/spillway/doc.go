// Command spillway is the customer's and the producer's tool: it prints the
// events that a token may read, and puts records into Kinesis.
//
//	spillway subscribe 'weather.us.*'                  # live, until Ctrl-C
//	spillway subscribe --from earliest -n 10 -o json   # ten events as JSON lines
//	spillway subscribe --durable news -o json >> news.jsonl
//	spillway produce --generate weather --stream weather
//	spillway produce history.jsonl --key '{station}'
//	spillway access                                    # what the token may read
//	spillway token --claims
//
// # Configuration
//
// A flag wins over a variable, a variable over the file. The file is the one that
// --config names, else ./properties.yaml, else ./.spillway/properties.yaml. The
// client's secret is never a flag, because every user of a machine can read the
// arguments of its processes.
//
//	flag             variable                  key in the file   meaning
//	--endpoint       SPILLWAY_ENDPOINT         serviceEndpoint   the gateway: host:port or a URL (grpcs, https, grpc, http)
//	--client-id      SPILLWAY_CLIENT_ID        clientId          OAuth 2.0 client
//	                 SPILLWAY_CLIENT_SECRET    clientSecret      and its secret
//	--token-url      SPILLWAY_TOKEN_URL        tokenUrl          where tokens are issued
//	--scope          SPILLWAY_SCOPES           scopes            narrow the token (blank-separated; left out: everything allowed)
//	                 SPILLWAY_TOKEN                              an access token to use in place of the four above
//	--ca-file        SPILLWAY_CA_FILE          caFile            PEM file of authorities to trust for the gateway
//	--plaintext      SPILLWAY_PLAINTEXT        plaintext         no TLS (true or false; in the file for its own serviceEndpoint); left out: only on loopback
//	--stream         SPILLWAY_STREAM           streamName        the Kinesis stream of produce
//	--endpoint-url   AWS_ENDPOINT_URL_KINESIS, kinesisEndpoint   where Kinesis is; left out: AWS
//	                 AWS_ENDPOINT_URL
//	--region         AWS_REGION,               region            left out on loopback: us-east-1
//	                 AWS_DEFAULT_REGION
//
// # A durable subscription
//
// subscribe --durable NAME keeps its position in $XDG_STATE_HOME/spillway, or
// ~/.local/state/spillway, as NAME.position (and NAME.position.lock, which stays); a
// NAME with a slash is a path. The next run with the same NAME and patterns goes on
// after the last line of this one, in whatever way this one ended; --from counts only
// until there is a position. Other patterns, a second process at a time, or a file that
// is damaged, are errors: nothing is skipped or mixed by mistake.
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
