#!/usr/bin/env bash
# Follows pods of a real Kubernetes API with the rights of k8s/base, and checks the endpoints at each step.
# Needs what install.sh installs, kubectl, openssl, curl and a built launcher (./llmd --version). Uses ports on loopback only.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${LLMD_KUBE_HOME:-$HOME/.cache/llmd/kube}/bin
for tool in "$bin/kube-apiserver" "$bin/etcd" kubectl openssl curl; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not there"; exit 77; }
done
work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

openssl genrsa -out "$work/sa.key" 2048 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls.key" -out "$work/tls.crt" -days 2 -subj /CN=localhost \
    -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null
echo "admin-token,admin,admin,system:masters" > "$work/tokens.csv"
"$bin/etcd" --data-dir "$work/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:32379 \
    --advertise-client-urls http://127.0.0.1:32379 --listen-peer-urls http://127.0.0.1:32380 > "$work/etcd.log" 2>&1 &
pids+=($!)

api() {
    "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:32379 --bind-address=127.0.0.1 --secure-port=36443 \
        --tls-cert-file="$work/tls.crt" --tls-private-key-file="$work/tls.key" \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$work/sa.key" \
        --service-account-signing-key-file="$work/sa.key" --token-auth-file="$work/tokens.csv" --authorization-mode=RBAC \
        --endpoint-reconciler-type=none --disable-admission-plugins=ServiceAccount \
        --service-cluster-ip-range=10.96.0.0/16 >> "$work/api.log" 2>&1 &
    api_pid=$!
    pids+=($api_pid)
    until kubectl get --raw /readyz >/dev/null 2>&1; do
        kill -0 $api_pid || { tail -5 "$work/api.log"; exit 1; }
        sleep 0.5
    done
}

# kubeconfig TOKEN
kubeconfig() {
    cat <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:36443", certificate-authority: $work/tls.crt}}]
users: [{name: u, user: {token: "$1"}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: team}}]
current-context: x
CONFIG
}

kubeconfig admin-token > "$work/admin.conf"
export KUBECONFIG=$work/admin.conf
api
kubectl create namespace team >/dev/null
kubectl apply --validate=false -f "$root/tools/kube/crds.yaml" >/dev/null
kubectl apply -f "$root/k8s/base/scheduler-rbac.yaml" >/dev/null
for overlay in unified prefill-decode; do
    kubectl kustomize "$root/k8s/overlays/$overlay" | kubectl apply --dry-run=server -f - >/dev/null
    echo "ok   $overlay is what the API takes"
done

kubectl apply --validate=false -f - >/dev/null <<POOL
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: llmd}
spec: {selector: {matchLabels: {app: vllm}}, targetPorts: [{number: 8000}, {number: 8001}]}
---
apiVersion: llm-d.ai/v1alpha2
kind: InferenceObjective
metadata: {name: urgent}
spec: {priority: 10, poolRef: {name: llmd}}
---
apiVersion: llm-d.ai/v1alpha2
kind: InferenceObjective
metadata: {name: wrong}
spec: {priority: many, poolRef: {name: llmd}}
POOL

# pod NAME ADDRESS READY
pod() {
    kubectl apply --validate=false -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: vllm}}
spec: {containers: [{name: c, image: x}]}
POD
    kubectl patch pod "$1" --subresource=status --type=merge -p \
        "{\"status\":{\"podIP\":\"$2\",\"podIPs\":[{\"ip\":\"$2\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"$3\"}]}}" >/dev/null
}

pod p1 10.0.0.1 True
pod p2 10.0.0.2 True
pod p3 10.0.0.3 False

kubeconfig "$(kubectl create token llmd-scheduler --duration=1h)" > "$work/scheduler.conf"
KUBECONFIG=$work/scheduler.conf "$root/llmd" serve --roles scheduler --set scheduler.pool=llmd \
    --set scheduler.discovery.kubernetes.enabled=true --set server.port=28081 --set management.server.port=29090 \
    > "$work/scheduler.log" 2>&1 &
pids+=($!)

endpoints() {
    curl -s http://127.0.0.1:28081/v1/endpoints | grep -o '"id":"team/[^"]*"' | cut -d/ -f2 | tr -d '"' | sort | tr '\n' ' '
}

# expect WHAT ENDPOINTS...
expect() {
    local what=$1 wanted
    shift
    wanted=$(printf '%s ' "$@")
    [[ $# -eq 0 ]] && wanted=
    for _ in $(seq 1 600); do
        [[ $(endpoints) == "$wanted" ]] && { echo "ok   $what"; return; }
        sleep 0.1
    done
    echo "FAIL $what: $(endpoints)(expected: $wanted)"
    tail -5 "$work/scheduler.log"
    exit 1
}

expect "ready pods have an endpoint for each target port" p1-rank-0 p1-rank-1 p2-rank-0 p2-rank-1
pod p3 10.0.0.3 True
expect "a pod that becomes ready" p1-rank-0 p1-rank-1 p2-rank-0 p2-rank-1 p3-rank-0 p3-rank-1
kubectl annotate pod p3 llm-d.ai/active-ports=8001 >/dev/null
expect "active ports" p1-rank-0 p1-rank-1 p2-rank-0 p2-rank-1 p3-rank-1
kubectl delete pod p2 --grace-period=0 --force >/dev/null 2>&1
expect "a pod that is deleted" p1-rank-0 p1-rank-1 p3-rank-1
kill "$api_pid"
wait "$api_pid" 2>/dev/null || true
sleep 2
expect "while the API is down everything stays" p1-rank-0 p1-rank-1 p3-rank-1
api
kubectl delete pod p1 --grace-period=0 --force >/dev/null 2>&1
expect "a change after the API's restart" p3-rank-1
kubectl patch inferencepool llmd --type=merge -p '{"spec":{"targetPorts":[{"number":8001}]}}' >/dev/null
expect "other target ports" p3-rank-0
kubectl delete inferencepool llmd >/dev/null
expect "a pool that is deleted"
for object in "urgent True Accepted" "wrong False InvalidPriority"; do
    read -r name status reason <<< "$object"
    found=$(kubectl get inferenceobjective "$name" -o jsonpath='{.status.conditions[0].status} {.status.conditions[0].reason}')
    [[ $found == "$status $reason" ]] || { echo "FAIL status of $name: $found"; exit 1; }
    echo "ok   status of $name: $found"
done
if grep -qi forbidden "$work/scheduler.log"; then
    echo "FAIL the rights of k8s/base are too few"
    exit 1
fi
echo "ok   the rights of k8s/base suffice"
