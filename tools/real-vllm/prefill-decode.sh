#!/usr/bin/env bash
# Serves prompts with two real vLLM servers that hand KV blocks over by NIXL, by hand and through the suite, and checks answers and
# meters. Installs vLLM if it is not there. Ends what it starts, after at most LLMD_REAL_VLLM_LIMIT (default 30m). See README.md.
#
#   prefill-decode.sh VERSION [PART ...]
#   prefill-decode.sh --simulate VERSION [PART ...]
#
# Parts: by-hand, gateway, failures; all of them if none is named.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
home="${LLMD_REAL_VLLM_HOME:-$root/.llmd/real-vllm}"
port="${LLMD_REAL_VLLM_PORT:-18000}"
limit="${LLMD_REAL_VLLM_LIMIT:-30m}"
python=python3
simulated=()

if [ "${1:-}" = --simulate ]; then
    simulated=(--simulate "${2:-}")
    shift
fi
[ $# -ge 1 ] || { sed -n '5,8p' "$0"; exit 2; }
version="$1"
shift

# Builds the suite now if it has to be built, rather than while servers wait.
"$root/llmd" --version > /dev/null
if [ ${#simulated[@]} = 0 ]; then
    [ -x "$home/$version/bin/vllm" ] || "$here/real-vllm.sh" install "$version"
    "$here/real-vllm.sh" model "$version"
    python="$home/$version/bin/python"
fi
exec timeout --kill-after=60 "$limit" nice -n 10 "$python" "$here/prefill_decode.py" --models "$home/model" \
    --out "$home/prefill-decode" --port "$port" --llmd "$root/llmd" "${simulated[@]}" "$@"
