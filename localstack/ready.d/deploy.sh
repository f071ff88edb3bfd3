#!/bin/sh
# LocalStack runs this once it is ready, where /opt/spillway has our programs; README.md says how they come there.
# It only logs that a hook has failed: look for it in /_localstack/init/ready.
set -eu
programs=${SPILLWAY_PROGRAMS:-/opt/spillway}
export SPILLWAY_PROVISION_AWS="${SPILLWAY_PROVISION_AWS:-http://127.0.0.1:4566}"
export SPILLWAY_PROVISION_BOOTSTRAP="${SPILLWAY_PROVISION_BOOTSTRAP:-$programs/bootstrap}"
"$programs/provision" prepare
exec "$programs/provision" deploy
