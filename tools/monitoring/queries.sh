#!/bin/sh
# Starts the suite with an autoscaler under load, reads it with a real Prometheus, and lists dashboard queries without data.
# Needs Linux and prometheus on the path (Debian: prometheus). PORT_BASE moves all ports. Ends what it started.
set -eu
cd "$(dirname "$0")/../.."
command -v prometheus >/dev/null || { echo "prometheus is not on the path; nothing was checked"; exit 0; }
if ./llmd status >/dev/null 2>&1; then
    echo "a suite is running; end it with './llmd down' first" >&2
    exit 1
fi
base=${PORT_BASE:-28000}
work=$(mktemp -d)
prometheus_pid=
load_pid=
index_pid=
end() {
    [ -z "$load_pid" ] || kill "$load_pid" 2>/dev/null || true
    [ -z "$index_pid" ] || kill "$index_pid" 2>/dev/null || true
    [ -z "$prometheus_pid" ] || kill "$prometheus_pid" 2>/dev/null || true
    ./llmd down >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap end EXIT INT TERM

# Flow control and precise prefixes, so that their panels have something to show.
cat >"$work/scheduling.yaml" <<YAML
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
featureGates: [flowControl]
plugins:
  - {name: tokens, type: token-producer, parameters: {modelName: sim-8b, vllm: {url: "http://127.0.0.1:$((base + 120))"}}}
  - {name: precise, type: precise-prefix-cache-producer, parameters: {tokenProcessorConfig: {blockSizeTokens: 16, hashAlgorithm: xxh64}}}
  - {name: cache, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: precise}}
  - {name: queue, type: queue-scorer}
  - {name: best, type: max-score-picker}
schedulingProfiles:
  - {name: default, plugins: [{pluginRef: cache, weight: 3}, {pluginRef: queue, weight: 2}, {pluginRef: best}]}
YAML
./llmd up --detach --with-autoscaler --cold-start 2s --max-pods 4 --config "$work/scheduling.yaml" --port-base "$base"
status=$(./llmd status --json)
# A budget for the tenant whose key the load has; the gateway follows the file.
cat >>.llmd/keys.yaml <<YAML
tenants:
  - {name: demo, budget: {tokens: 100000000, per: day}}
YAML
# An index of its own beside the scheduler's, for the panels of the service.
./llmd serve --roles kv-index --port-base "$base" --set kv-index.endpoints-file="$PWD/.llmd/endpoints.yaml" \
    --set server.address=127.0.0.1 --set management.server.address=127.0.0.1 --set spring.profiles.active=trial >"$work/index.log" 2>&1 &
index_pid=$!
# The management port of a service is the port of its health page; endpoints show metrics where they serve.
port() { echo $((base - 8080 + $1)); }
sims=$(echo "$status" | grep -o '"name":"sim-[0-9]*"[^}]*"url":"http://[^"]*"' | sed 's|.*http://||; s|"$||; s|/.*||' | sed 's/^/"/; s/$/"/' | paste -sd, -)
cat >"$work/prometheus.yml" <<YAML
global: {scrape_interval: 2s, evaluation_interval: 5s}
rule_files: ["$PWD/ops/prometheus/alerts.yml"]
scrape_configs:
  - {job_name: gateway, metrics_path: /actuator/prometheus, static_configs: [{targets: ["localhost:$(port 9080)"]}]}
  - {job_name: scheduler, metrics_path: /actuator/prometheus, static_configs: [{targets: ["localhost:$(port 9090)"]}]}
  - {job_name: autoscaler, metrics_path: /actuator/prometheus, static_configs: [{targets: ["localhost:$(port 9084)"]}]}
  - {job_name: kv-index, metrics_path: /actuator/prometheus, static_configs: [{targets: ["localhost:$(port 9082)"]}]}
  - {job_name: config-server, metrics_path: /actuator/prometheus, static_configs: [{targets: ["localhost:$(port 9088)"]}]}
  - {job_name: endpoints, metrics_path: /metrics, static_configs: [{targets: [$sims]}]}
YAML
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
    --web.listen-address="127.0.0.1:$(port 9091)" >"$work/prometheus.log" 2>&1 &
prometheus_pid=$!
./llmd load --rps 8 --for 80s --prompt-tokens 600 --shared-prefix-share 0.7 --max-error-share 1 >"$work/load.log" 2>&1 &
load_pid=$!
sleep 60
# The JDK that llmd found for the index.
"$(readlink "/proc/$index_pid/exe")" suite-tests/src/test/java/io/llmd/suite/DashboardData.java "http://localhost:$(port 9091)"
