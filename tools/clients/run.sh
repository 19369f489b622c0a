#!/bin/sh
# Checks clients of Python and Node against the suite. Needs python3 with venv, node with npm, and their registries.
# Writes the rows of docs/clients.md to the file in LLMD_RESULTS. PORT_BASE moves all ports.
set -eu
cd "$(dirname "$0")/../.."
base=${PORT_BASE:-28000}
work=${CLIENTS_HOME:-$PWD/.llmd/clients}
mkdir -p "$work"
if ./llmd status >/dev/null 2>&1; then
    echo "a suite is running; end it with './llmd down' first" >&2
    exit 1
fi
trap './llmd down >/dev/null 2>&1 || true' EXIT
trap 'exit 1' INT TERM
./llmd up --detach --port-base "$base" --sim max-model-len=1000000 --sim kv-cache-size=100000 >/dev/null
status=$(./llmd status --json)
LLMD_BASE=http://localhost:$base
LLMD_KEY=$(echo "$status" | sed 's/.*"key":"\([^"]*\)".*/\1/')
LLMD_SIMS=$(echo "$status" | grep -o '"name":"sim-[0-9]*"[^}]*"url":"[^"]*"' | sed 's/.*"url":"//; s/"$//' | paste -sd, -)
# LiteLLM would fetch a list of prices otherwise.
LITELLM_LOCAL_MODEL_COST_MAP=True
export LLMD_BASE LLMD_KEY LLMD_SIMS LITELLM_LOCAL_MODEL_COST_MAP
failed=0
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check -r tools/clients/requirements.txt
"$work/venv/bin/python" tools/clients/clients.py || failed=1
cp tools/clients/package.json tools/clients/clients.mjs "$work/"
(cd "$work" && npm install --silent --no-audit --no-fund && node clients.mjs) || failed=1
exit $failed
