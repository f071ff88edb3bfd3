// Package secretsmanager is AWS Secrets Manager in memory: it keeps what templates and callers put in, version by version,
// generates passwords, and answers the SDKs and the AWS CLI.
//
// [New] makes a [Service], an http.Handler for the API (protocol AWS JSON 1.1) that can also be used directly. [Service.Text]
// gives the text that a task definition's secrets and a template's dynamic references ask for.
//
// Followed: Secrets Manager API reference (2017-10-17), https://docs.aws.amazon.com/secretsmanager/latest/apireference/; user
// guide "Secrets Manager secret version".
//
// Actions: CreateSecret, GetSecretValue, DescribeSecret, PutSecretValue, UpdateSecret, ListSecrets, DeleteSecret, RestoreSecret,
// GetRandomPassword. Every other one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - nothing is encrypted, and nothing is kept after the process ends;
//   - rotation, replicas, resource policies, tags by their own actions, types of partners and filters of lists are refused by name;
//   - a secret that is to be deleted stays, as on AWS, until its window is over, and is looked at then only when it is used;
//   - a secret has at most 100 versions; those without a label go first, on AWS only once they are a day old;
//   - a change is there when it is answered (AWS: after some seconds).
//
// All methods may be called by several goroutines at once. Neither errors nor logs tell a value.
package secretsmanager
