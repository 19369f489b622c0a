#!/usr/bin/env bash
# Lets the autoscaler scale Deployments of a real Kubernetes API with the rights of k8s/autoscaler, and checks what each way of
# carrying out a number changes, and that it changes nothing else. Needs what install.sh installs, kubectl, openssl, curl, python3 and
# a built launcher (./llmd --version). Uses ports on loopback only. No controllers run: the script makes pods as a Deployment would.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${LLMD_KUBE_HOME:-$HOME/.cache/llmd/kube}/bin
for tool in "$bin/kube-apiserver" "$bin/etcd" kubectl openssl curl python3; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not there"; exit 77; }
done
work=$(mktemp -d)
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; [[ -n ${KEEP:-} ]] && echo "kept $work" || rm -rf "$work"' EXIT

# authority NAME
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1-ca.key" -out "$work/$1-ca.crt" -days 2 -subj "/CN=$1-ca" 2>/dev/null
}

# certificate AUTHORITY NAME SUBJECT ALTERNATIVES
certificate() {
    openssl req -newkey rsa:2048 -nodes -keyout "$work/$2.key" -out "$work/$2.csr" -subj "$3" 2>/dev/null
    printf 'subjectAltName=%s\n' "$4" > "$work/$2.ext"
    openssl x509 -req -in "$work/$2.csr" -CA "$work/$1-ca.crt" -CAkey "$work/$1-ca.key" -CAcreateserial -days 2 \
        -extfile "$work/$2.ext" -out "$work/$2.crt" 2>/dev/null
}

authority cluster
authority front
certificate cluster api /CN=localhost IP:127.0.0.1,DNS:localhost
certificate cluster external /CN=llmd-autoscaler DNS:llmd-autoscaler.team.svc,DNS:localhost
certificate front front /CN=front-proxy DNS:front
openssl genrsa -out "$work/sa.key" 2048 2>/dev/null
echo "admin-token,admin,admin,system:masters" > "$work/tokens.csv"
cat > "$work/audit.yaml" <<AUDIT
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, users: ["system:serviceaccount:team:llmd-autoscaler"]}
  - {level: None}
AUDIT
"$bin/etcd" --data-dir "$work/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:33379 \
    --advertise-client-urls http://127.0.0.1:33379 --listen-peer-urls http://127.0.0.1:33380 > "$work/etcd.log" 2>&1 &
pids+=($!)

api() {
    "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:33379 --bind-address=127.0.0.1 --secure-port=37443 \
        --tls-cert-file="$work/api.crt" --tls-private-key-file="$work/api.key" \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$work/sa.key" \
        --service-account-signing-key-file="$work/sa.key" --token-auth-file="$work/tokens.csv" --authorization-mode=RBAC \
        --requestheader-client-ca-file="$work/front-ca.crt" --requestheader-username-headers=X-Remote-User \
        --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
        --proxy-client-cert-file="$work/front.crt" --proxy-client-key-file="$work/front.key" \
        --audit-policy-file="$work/audit.yaml" --audit-log-path="$work/audit.log" \
        --endpoint-reconciler-type=none --disable-admission-plugins=ServiceAccount \
        --service-cluster-ip-range=10.96.0.0/16 >> "$work/api.log" 2>&1 &
    api_pid=$!
    pids+=($api_pid)
    until kubectl get --raw /readyz >/dev/null 2>&1; do
        kill -0 $api_pid || { tail -n 5 "$work/api.log"; exit 1; }
        sleep 0.5
    done
}

# kubeconfig TOKEN
kubeconfig() {
    cat <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:37443", certificate-authority: $work/cluster-ca.crt}}]
users: [{name: u, user: {token: "$1"}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: team}}]
current-context: x
CONFIG
}

ok() { echo "ok   $*"; }
fail() {
    echo "FAIL $*"
    tail -n 5 "$work"/autoscaler-*.log
    exit 1
}

# until_is WHAT WANTED COMMAND...: waits for five minutes at most, for a busy machine
until_is() {
    local what=$1 wanted=$2 found=
    shift 2
    local end=$((SECONDS + 300))
    while ((SECONDS < end)); do
        found=$("$@" 2>/dev/null || true)
        [[ $found == $wanted ]] && { ok "$what: $found"; return; }
        sleep 0.5
    done
    fail "$what: $found (expected: $wanted)"
}

specified() { kubectl get deployment "$1" -o jsonpath='{.spec.replicas}'; }
condition() { kubectl get variantpolicy "$1" -o jsonpath="{.status.conditions[?(@.type==\"$2\")].status} {.status.conditions[?(@.type==\"$2\")].reason}"; }
desired() { curl -s "http://127.0.0.1:$1/actuator/prometheus" | sed -n "s/^$2{.*variant\(_name\)\?=\"big\".*} \([0-9]*\)\..*/\2/p" | head -1; }
# All of a Deployment that its number is not.
rest() { kubectl get deployment "$1" -o json | python3 -c '
import json, sys
o = json.load(sys.stdin)
o["spec"].pop("replicas")
for field in ("generation", "resourceVersion", "managedFields"): o["metadata"].pop(field, None)
print(json.dumps(o, sort_keys=True))'; }

# pod NAME PORT: as a Deployment would make it, and as if it were ready
pod() {
    kubectl apply --validate=false -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {llm-d.ai/variant: big}, annotations: {prometheus.io/port: "$2"}}
spec: {containers: [{name: c, image: x}]}
POD
    kubectl patch pod "$1" --subresource=status --type=merge -p \
        '{"status":{"phase":"Running","podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}],"conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null
}

# autoscaler NAME PORT INSTANCE ARGUMENTS...
autoscaler() {
    local name=$1 port=$2 instance=$3
    shift 3
    KUBECONFIG=$work/${conf:-autoscaler}.conf "$root/llmd" serve --roles autoscaler --set server.address=127.0.0.1 \
        --set server.port="$port" --set management.server.port=$((port + 100)) --set autoscaler.period=2s \
        --set autoscaler.kubernetes.enabled=true --set autoscaler.kubernetes.namespace=team \
        --set autoscaler.kubernetes.instance="$instance" --set "autoscaler.routers[0]=http://127.0.0.1:38090/metrics" \
        --set autoscaler.kubernetes.leader-election.enabled=true --set autoscaler.kubernetes.leader-election.lease=10s \
        --set autoscaler.kubernetes.leader-election.renew-deadline=6s --set autoscaler.kubernetes.leader-election.retry=1s \
        "$@" > "$work/autoscaler-$name.log" 2>&1 &
    started=$!
    pids+=("$started")
}

# What an HPA is told by the API.
external() {
    kubectl get --raw "/apis/external.metrics.k8s.io/v1beta1/namespaces/team/autoscaler_replicas_desired?labelSelector=variant%3Dbig" \
        | python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0]["value"])'
}

# What KEDA is told by the external scaler.
keda() {
    python3 "$root/tools/kube/keda.py" ask vllm-big team big | curl -s --http2-prior-knowledge --data-binary @- \
        -H 'content-type: application/grpc' -H 'te: trailers' http://127.0.0.1:38483/externalscaler.ExternalScaler/GetMetrics \
        | python3 "$root/tools/kube/keda.py" read
}

leads() { curl -s "http://127.0.0.1:$1/actuator/prometheus" | sed -n 's/^autoscaler_leader \([01]\).*/\1/p'; }

kubeconfig admin-token > "$work/admin.conf"
export KUBECONFIG=$work/admin.conf
api
kubectl create namespace team >/dev/null
kubectl apply -f "$root/k8s/autoscaler/crds.yaml" -f "$root/tools/kube/crds/others.yaml" >/dev/null
kubectl wait --for=condition=Established crd/variantpolicies.autoscaler.llmd.io crd/servicetiers.autoscaler.llmd.io \
    crd/fleetpolicies.autoscaler.llmd.io --timeout=60s >/dev/null
kubectl apply -f "$root/k8s/autoscaler/rbac.yaml" -f "$root/k8s/autoscaler/scale-rbac.yaml" >/dev/null
sed 's/namespace: llmd$/namespace: team/' "$root/k8s/autoscaler/cluster-rbac.yaml" | kubectl apply -f - >/dev/null
kubeconfig "$(kubectl create token llmd-autoscaler --duration=2h)" > "$work/autoscaler.conf"

# policy ACTUATION MORE
policy() {
    kubectl apply -f - <<POLICY
apiVersion: autoscaler.llmd.io/v1alpha1
kind: VariantPolicy
metadata: {name: big}
spec:
  scaleTargetRef: {kind: Deployment, name: vllm-big}
  model: m
  costPerReplicaHour: 8
  max: 12
  actuation: $1
  behaviour: {down: 4s, downPeriod: 2s}
  prior: {base: 0.013, coldStart: 20s}
  $2
POLICY
}

for wrong in "min: 13" "costPerReplicaHour: 0" "role: both" "actuation: force"; do
    # The later of two keys counts.
    if refused=$(policy advisory "$wrong" 2>&1 >/dev/null); then
        fail "the API takes $wrong"
    fi
    ok "the API refuses $wrong: $(echo "$refused" | grep -o 'min is above max\|has to be above 0\|Unsupported value: "[a-z]*"' | head -1)"
done

kubectl apply -f - >/dev/null <<OBJECTS
apiVersion: apps/v1
kind: Deployment
metadata: {name: vllm-big}
spec:
  replicas: 2
  selector: {matchLabels: {app: vllm-big}}
  template:
    metadata: {labels: {app: vllm-big, llm-d.ai/variant: big}}
    spec:
      nodeSelector: {nvidia.com/gpu.product: H100}
      containers: [{name: vllm, image: vllm, resources: {limits: {nvidia.com/gpu: "2"}}}]
---
apiVersion: autoscaler.llmd.io/v1alpha1
kind: ServiceTier
metadata: {name: chat}
spec: {class: standard, itl: {target: 72ms}}
---
apiVersion: autoscaler.llmd.io/v1alpha1
kind: FleetPolicy
metadata: {name: llmd-autoscaler}
spec: {accelerators: {H100: 64}}
OBJECTS
policy advisory "" >/dev/null

echo 10 > "$work/rate"
python3 "$root/tools/kube/metrics_pages.py" "$work/rate" 38090 38001=0.5 38002=0.06 38003=0.4 38004=0.45 38005=0.5 38006=0.5 38007=0.5 38008=0.5 38009=0.5 2> "$work/pages.log" &
pids+=($!)
pod big-1 38001
pod big-2 38002
before=$(rest vllm-big)

autoscaler a 28183 llmd-autoscaler --set autoscaler.keda.enabled=true --set autoscaler.keda.port=38483 \
    --set autoscaler.keda.address=127.0.0.1 --set autoscaler.external-metrics.enabled=true --set autoscaler.external-metrics.port=38443 \
    --set autoscaler.external-metrics.address=127.0.0.1 --set autoscaler.external-metrics.certificate="$work/external.crt" \
    --set autoscaler.external-metrics.private-key="$work/external.key" \
    --set autoscaler.external-metrics.client-authority="$work/front-ca.crt"
a=$started

echo "-- advisory"
until_is "the advised number is shown" "[3-9]" desired 28283 autoscaler_replicas_advised
until_is "the policy says so" "False Advisory" condition big Actuating
until_is "its accelerator is read from the pods" "True Valid" condition big Ready
[[ -z $(desired 28283 autoscaler_replicas_desired) ]] || fail "an advised number is published"
[[ $(specified vllm-big) == 2 && $(rest vllm-big) == "$before" ]] || fail "advisory has changed the Deployment"
[[ -z $(kubectl get leases -o name | grep claim || true) ]] || fail "advisory has claimed the target"
ok "nothing was written but its status"

echo "-- scale"
policy scale "" >/dev/null
until_is "the scale subresource follows" "[3-9]" specified vllm-big
# Until the step time is known, four times as many at once are the most.
sleep 8
grown=$(specified vllm-big)
[[ $(rest vllm-big) == "$before" ]] || fail "more than the number has changed"
ok "nothing else of the Deployment has changed"
for i in $(seq 3 "$grown"); do
    pod "big-$i" "3800$i"
done
kubectl get lease llmd-claim-deployment-vllm-big -o jsonpath='{.metadata.annotations}' | grep -q claim.autoscaler.llmd.io/team.llmd-autoscaler \
    || fail "the target is not claimed"
ok "the target is claimed by a Lease beside it"
echo 2 > "$work/rate"
until_is "less demand, fewer replicas" "[2-$((grown - 1))]" specified vllm-big
until_is "the pod with the fewest tokens goes first" "big-2" bash -c \
    "kubectl get pods -o json | python3 -c 'import json,sys; p=[(int(i[\"metadata\"][\"annotations\"].get(\"controller.kubernetes.io/pod-deletion-cost\",\"2000000000\")),i[\"metadata\"][\"name\"]) for i in json.load(sys.stdin)[\"items\"]]; print(min(p)[1])'"
for i in $(seq $(($(specified vllm-big) + 1)) "$grown"); do
    kubectl delete pod "big-$i" --grace-period=0 --force >/dev/null 2>&1
done
[[ $(rest vllm-big) == "$before" ]] || fail "more than the number has changed"

echo "-- metric, with an HPA"
policy metric "" >/dev/null
number=$(specified vllm-big)
kubectl apply -f - >/dev/null <<HPA
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: vllm-big}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: vllm-big}
  minReplicas: 1
  maxReplicas: 12
  metrics:
    - type: External
      external:
        metric: {name: autoscaler_replicas_desired, selector: {matchLabels: {variant: big}}}
        target: {type: AverageValue, averageValue: "1"}
---
apiVersion: v1
kind: Service
metadata: {name: llmd-autoscaler}
spec: {type: ExternalName, externalName: localhost, ports: [{port: 38443}]}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.external.metrics.k8s.io}
spec:
  group: external.metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  caBundle: $(base64 -w0 < "$work/cluster-ca.crt")
  service: {name: llmd-autoscaler, namespace: team, port: 38443}
HPA
hpa=$(kubectl get hpa vllm-big -o jsonpath='{.metadata.resourceVersion}')
echo 12 > "$work/rate"
until_is "the number is published" "[4-9]" desired 28283 autoscaler_replicas_desired
until_is "under llm-d's name as well" "$(desired 28283 autoscaler_replicas_desired)" desired 28283 wva_desired_replicas
until_is "the API serves it to an HPA" "[4-9]" external
if curl -sk "https://127.0.0.1:38443/apis" >/dev/null 2>&1; then
    fail "external metrics are served to who is not the API"
fi
ok "who is not the API's front proxy is refused"
shown() {
    openssl s_client -connect 127.0.0.1:38443 -cert "$work/front.crt" -key "$work/front.key" < /dev/null 2>/dev/null | openssl x509 -noout -serial
}
former=$(shown)
certificate cluster external /CN=llmd-autoscaler DNS:llmd-autoscaler.team.svc,DNS:localhost
until_is "a rotated certificate is shown without a restart" "$(openssl x509 -noout -serial -in "$work/external.crt")" shown
[[ $(shown) != "$former" ]] || fail "the certificate has not changed"
until_is "and the API goes on" "[4-9]" external
[[ $(specified vllm-big) == "$number" && $(kubectl get hpa vllm-big -o jsonpath='{.metadata.resourceVersion}') == "$hpa" ]] \
    || fail "metric mode has written"
ok "neither Deployment nor HPA was written"
until_is "nobody carries it out, which is told" "False ActuationStalled" condition big Actuating
kubectl scale deployment vllm-big --replicas=5 >/dev/null
until_is "somebody else's number is taken as it is" "5" bash -c "kubectl get variantpolicy big -o jsonpath='{.status.current}'"

kubectl delete hpa vllm-big >/dev/null

echo "-- keda-push"
policy keda-push "" >/dev/null
until_is "it is in force" keda-push kubectl get variantpolicy big -o jsonpath='{.spec.actuation}'
number=$(specified vllm-big)
until_is "KEDA is told the number" "replicas $(desired 28283 autoscaler_replicas_desired)" keda
[[ $(specified vllm-big) == "$number" && $(rest vllm-big) == "$before" ]] || fail "keda-push has changed the Deployment"
ok "the Deployment was not written"
policy metric "" >/dev/null

echo "-- other kinds of targets"
kubectl apply -f - >/dev/null <<OTHERS
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: vllm-set}
spec:
  replicas: 1
  serviceName: vllm-set
  selector: {matchLabels: {app: vllm-set}}
  template:
    metadata: {labels: {app: vllm-set, llm-d.ai/variant: set}}
    spec: {containers: [{name: vllm, image: vllm}]}
---
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: vllm-groups}
spec: {replicas: 1, leaderWorkerTemplate: {size: 2}}
---
apiVersion: autoscaler.llmd.io/v1alpha1
kind: VariantPolicy
metadata: {name: set}
spec:
  scaleTargetRef: {kind: StatefulSet, name: vllm-set}
  model: of-set
  acceleratorType: H100
  acceleratorsPerReplica: 1
  costPerReplicaHour: 8
  min: 2
  actuation: scale
---
apiVersion: autoscaler.llmd.io/v1alpha1
kind: VariantPolicy
metadata: {name: groups}
spec:
  scaleTargetRef: {apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, name: vllm-groups}
  model: of-groups
  acceleratorType: H100
  acceleratorsPerReplica: 16
  costPerReplicaHour: 64
  min: 2
  actuation: scale
OTHERS
until_is "a StatefulSet gets its least number" 2 kubectl get statefulset vllm-set -o jsonpath='{.spec.replicas}'
until_is "a LeaderWorkerSet gets its least number" 2 kubectl get leaderworkerset vllm-groups -o jsonpath='{.spec.replicas}'

echo "-- another leader"
autoscaler b 28187 llmd-autoscaler
until_is "a second replica stands by" 0 leads 28287
until_is "and shows the leader's number" "$(desired 28283 autoscaler_replicas_desired)" desired 28287 autoscaler_replicas_desired
published=$(desired 28287 autoscaler_replicas_desired)
begun=$(date +%s%N)
{ kill -9 "$a" && wait "$a"; } 2>/dev/null || true
seen=
for _ in $(seq 1 300); do
    now=$(desired 28287 autoscaler_replicas_desired)
    [[ $now == "$published" ]] || fail "the number has changed from $published to ${now:-nothing}"
    seen=$(leads 28287)
    [[ $seen == 1 ]] && break
    sleep 0.2
done
[[ $seen == 1 ]] || fail "the second replica does not lead"
took=$((($(date +%s%N) - begun) / 100000000))
ok "the leader was killed: the second replica leads after $((took / 10)).$((took % 10)) s (lease 10 s), and the number was $published all the time"

echo "-- what cannot be used"
policy scale "tiers: [unheard-of]" >/dev/null
until_is "a tier that is not there" "False Invalid" condition big Ready
policy scale "" >/dev/null
until_is "mended" "True *" condition big Ready

echo "-- the API is away"
number=$(specified vllm-big)
kill "$api_pid"
wait "$api_pid" 2>/dev/null || true
sleep 5
[[ -n $(desired 28287 autoscaler_replicas_desired) ]] || fail "the number is gone"
ok "the number stays: $(desired 28287 autoscaler_replicas_desired)"
api

echo "-- two controllers"
# With rights of its own: those of k8s/autoscaler are for the numbers of one controller.
conf=admin autoscaler c 28191 other
until_is "the other learns of the first" "False Conflict" condition big Ready
until_is "who is named" "*claims the same target" bash -c "kubectl get variantpolicy big -o jsonpath='{.status.conditions[?(@.type==\"Ready\")].message}'"
held=$(desired 28287 autoscaler_replicas_desired)
echo 14 > "$work/rate"
sleep 10
[[ $(desired 28287 autoscaler_replicas_desired) == "$held" ]] || fail "a target of two is not held"
ok "both leave the target as it is"

echo "-- rights"
grep -h '"decision":"forbid\|"code":403' "$work/audit.log" > "$work/refused" || true
[[ ! -s $work/refused ]] || fail "refused: $(head -1 "$work/refused" | cut -c1-400)"
kubectl get role llmd-autoscaler llmd-autoscaler-scale -o json > "$work/roles.json"
kubectl get clusterrole llmd-autoscaler -o json > "$work/clusterrole.json"
python3 - "$work/audit.log" "$work/roles.json" "$work/clusterrole.json" <<'AUDIT' || fail "a right was granted and never used"
import collections
import json
import sys

used = collections.Counter()
for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    ref = event.get("objectRef")
    code = event.get("responseStatus", {}).get("code", 0)
    # What is not there was asked for with the right to do so.
    if ref and ref.get("resource") and (code < 400 or code == 404):
        name = ref.get("apiGroup", "") + "/" + ref["resource"] + ("/" + ref["subresource"] if "subresource" in ref else "")
        used[name.lstrip("/"), event["verb"]] += 1
roles = json.load(open(sys.argv[2], encoding="utf-8"))["items"] + [json.load(open(sys.argv[3], encoding="utf-8"))]
granted = {((group + "/" + resource).lstrip("/"), verb) for role in roles for rule in role["rules"]
           for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]}
by = collections.defaultdict(list)
for name, verb in used:
    by[name].append(verb)
for name in sorted(by):
    print("     used:", name, " ".join(sorted(by[name])))
unused = sorted(right for right in granted if not used[right])
for name, verb in unused:
    print("     never used:", name, verb)
print("     used and not granted here:", sorted(right for right in used if right not in granted) or "none")
sys.exit(1 if unused else 0)
AUDIT
ok "nothing was refused, and every right of k8s/autoscaler was used"
