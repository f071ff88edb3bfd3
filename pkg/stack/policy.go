package stack

import (
	"errors"
	"io/fs"
	"os"
)

// policyText is what the operator's policy says at first.
const policyText = `# What the operator decides beside the scopes of tokens; the gateway reads it again when it changes.
# Client ids are in customers/NAME.yaml.
#
# allow: [CLIENT_ID]             # if present, nobody else may come in
deny: []                         # client ids that may not come in
# filters:                       # narrow a grant
#   - clients: [CLIENT_ID]       # left out: everybody's
#     pattern: weather.us.>      # the grant, as the scope has it
#     filter: data.temperature_f > 90
`

// ensurePolicy writes an empty policy, unless there is one.
func (s *Stack) ensurePolicy() error {
	_, err := os.Stat(s.path(policyFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = writeSecret(s.path(policyFile), []byte(policyText))
	}
	return err
}
