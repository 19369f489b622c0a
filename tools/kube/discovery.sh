#!/usr/bin/env bash
# Starts a real Kubernetes API and schedulers of this repository that have the rights of k8s/base and no more, and checks what
# docs/kubernetes.md says. Ends what it starts; uses ports on loopback only.
#
#   discovery.sh                  everything, about ten minutes
#   discovery.sh --changes 50     with fewer random changes
#   discovery.sh --only election  one part: manifests, former, steps, changes, election, rights
#
# Needs what install.sh installs, kubectl, openssl, python3 and a JDK. Without helm the chart is left out.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=${LLMD_KUBE_HOME:-$HOME/.cache/llmd/kube}/bin
for tool in "$bin/kube-apiserver" "$bin/etcd" kubectl openssl python3; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not there (tools/kube/install.sh installs the first two)"; exit 77; }
done
# Builds now if something has to be built, rather than while a step waits.
"$root/llmd" --version >/dev/null
exec timeout --kill-after=30 "${LLMD_KUBE_LIMIT:-30m}" python3 "$here/discovery.py" --bin "$bin" --root "$root" "$@"
