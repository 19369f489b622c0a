#!/usr/bin/env bash
# Runs a command with KUBECONFIG naming a real Kubernetes API of its own, without nodes and controllers, and with the definitions of
# custom resources but for the autoscaler's. KUBE=1 says that this one may be changed:
#
#   tools/kube/api.sh kubectl apply -k k8s/overlays/trial
#
# Needs what install.sh installs, and kubectl. Ports are on loopback; all ends with the command.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${LLMD_KUBE_HOME:-$HOME/.cache/llmd/kube}/bin
PATH=$bin:$PATH
for tool in kube-apiserver etcd kubectl openssl; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not there"; exit 77; }
done
[ $# -gt 0 ] || { echo "usage: api.sh COMMAND..." >&2; exit 2; }
work=$(mktemp -d)
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

openssl genrsa -out "$work/sa.key" 2048 2>/dev/null
# The authority of a front proxy, which guides to external metrics read.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/front.key" -out "$work/front.crt" -days 2 -subj /CN=front-proxy 2>/dev/null
echo "admin-token,admin,admin,system:masters" >"$work/tokens.csv"
etcd --data-dir "$work/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:33479 \
    --advertise-client-urls http://127.0.0.1:33479 --listen-peer-urls http://127.0.0.1:33480 >"$work/etcd.log" 2>&1 &
pids+=($!)
kube-apiserver --etcd-servers=http://127.0.0.1:33479 --bind-address=127.0.0.1 --secure-port=37543 --cert-dir="$work" \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$work/sa.key" \
    --service-account-signing-key-file="$work/sa.key" --token-auth-file="$work/tokens.csv" --authorization-mode=RBAC \
    --requestheader-client-ca-file="$work/front.crt" --requestheader-username-headers=X-Remote-User \
    --endpoint-reconciler-type=none --advertise-address=192.0.2.1 --disable-admission-plugins=ServiceAccount \
    --service-cluster-ip-range=10.96.0.0/16 >"$work/api.log" 2>&1 &
pids+=($!)
cat >"$work/config" <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:37543", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: admin-token}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: default}}]
current-context: x
CONFIG
export KUBECONFIG=$work/config KUBE=1
until kubectl get --raw /readyz >/dev/null 2>&1; do
    kill -0 "${pids[1]}" || { tail -n 5 "$work/api.log"; exit 1; }
    sleep 0.5
done
kubectl apply -f "$root/tools/kube/crds/inference.yaml" -f "$root/tools/kube/crds/others.yaml" >/dev/null
kubectl apply -k "$root/k8s/crds" >/dev/null
kubectl wait --for=condition=Established crd --all --timeout=60s >/dev/null
"$@"
