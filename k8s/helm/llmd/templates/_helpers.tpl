{{/* Beginning of all names. */}}
{{- define "llmd.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which pods are selected; takes a list of the context and the component. */}}
{{- define "llmd.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: llmd-{{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
{{- end -}}

{{/* Labels of objects. */}}
{{- define "llmd.labels" -}}
{{- $root := index . 0 -}}
{{ include "llmd.selector" . }}
app.kubernetes.io/part-of: llmd
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{/* Labels of pods. */}}
{{- define "llmd.podLabels" -}}
{{- $root := index . 0 -}}
{{ include "llmd.selector" . }}
app.kubernetes.io/part-of: llmd
{{- with $root.Values.pods.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "llmd.image" -}}
{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end -}}

{{/* Fields of all our pods; takes context and component. */}}
{{- define "llmd.pod" -}}
{{- $root := index . 0 -}}
{{- $values := $root.Values.pods -}}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- if $values.spread }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "llmd.selector" . | nindent 8 }}
{{- end }}
{{- include "llmd.placement" $root }}
# Without variables named after Services: one named server would set SERVER_PORT.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Where our pods may run. */}}
{{- define "llmd.placement" -}}
{{- with .Values.pods.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.pods.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{- define "llmd.locked" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Probes of a service with an actuator. */}}
{{- define "llmd.probes" -}}
startupProbe:
  httpGet: {path: /actuator/health/liveness, port: management}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /actuator/health/readiness, port: management}
  periodSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /actuator/health/liveness, port: management}
  periodSeconds: 10
{{- end -}}

{{/* A setting's value as text. Numbers of values files are floating-point ones, which would be printed as 1.6e+07. */}}
{{- define "llmd.setting" -}}
{{- if kindIs "slice" . -}}
{{- range $i, $one := . }}{{ if $i }},{{ end }}{{ include "llmd.setting" $one }}{{ end -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- . | toString -}}
{{- end -}}
{{- end -}}

{{/* Where traces go, for services and simulators. */}}
{{- define "llmd.tracing" -}}
{{- with .Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ $.Values.tracing.share | quote }}}
{{- end }}
{{- end -}}

{{/* Environment variables that all services of this image get; takes context and the component's settings. */}}
{{- define "llmd.env" -}}
{{- $root := index . 0 -}}
{{- if eq $root.Values.logging.format "json" }}
- {name: LOGGING_STRUCTURED_FORMAT_CONSOLE, value: ecs}
{{- end }}
{{- range $logger, $level := $root.Values.logging.levels }}
- {name: {{ printf "LOGGING_LEVEL_%s" (upper (replace "." "_" (replace "-" "" $logger))) }}, value: {{ $level | quote }}}
{{- end }}
{{- include "llmd.tracing" $root }}
{{- with $root.Values.pods.javaOptions }}
- {name: JAVA_TOOL_OPTIONS, value: {{ . | quote }}}
{{- end }}
{{- range $key, $value := index . 1 }}
- {name: {{ upper (replace "." "_" (replace "-" "" $key)) }}, value: {{ include "llmd.setting" $value | quote }}}
{{- end }}
{{- with $root.Values.pods.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Management ports of the services that are there, by name. */}}
{{- define "llmd.managed" -}}
config-server: 9088
{{- if .Values.gateway.enabled }}
gateway: 9080
{{- end }}
{{- if .Values.scheduler.enabled }}
scheduler: 9090
{{- end }}
{{- if .Values.kvIndex.enabled }}
kv-index: 9082
{{- end }}
{{- if .Values.autoscaler.enabled }}
autoscaler: 9084
{{- end }}
{{- if .Values.coordinator.enabled }}
coordinator: 9086
{{- end }}
{{- end -}}

{{/* Lets a service ask the config server, without whose values it does not start. */}}
{{- define "llmd.configClient" -}}
{{- if .Values.configServer.enabled }}
- {name: SPRING_CLOUD_CONFIG_ENABLED, value: "true"}
- {name: SPRING_CLOUD_CONFIG_FAIL_FAST, value: "true"}
- {name: SPRING_CLOUD_CONFIG_URI, value: "http://{{ include "llmd.fullname" . }}-config-server:8888"}
{{- end }}
{{- end -}}

{{- define "llmd.volumeMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- with .Values.pods.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Takes context and the size of the folder that may be written. */}}
{{- define "llmd.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ index . 1 }}}
{{- with (index . 0).Values.pods.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the config server's files are, short enough for a label. */}}
{{- define "llmd.configSum" -}}
{{- .Values.configServer.files | toJson | sha256sum | trunc 16 -}}
{{- end -}}

{{/* Annotations of pods; takes context and a sum with which they change. Values of the config server are read at starts only. */}}
{{- define "llmd.annotations" -}}
{{- $root := index . 0 -}}
{{- $sum := index . 1 -}}
{{- $server := $root.Values.configServer.enabled -}}
{{- if or $sum $server $root.Values.pods.annotations }}
annotations:
  {{- with $sum }}
  checksum/config: {{ . | quote }}
  {{- end }}
  {{- if $server }}
  checksum/config-server: sum-{{ include "llmd.configSum" $root }}
  {{- end }}
  {{- with $root.Values.pods.annotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* One of several pods stays; takes context, component and pods. */}}
{{- define "llmd.disruptionBudget" -}}
{{- $root := index . 0 -}}
{{- if and $root.Values.podDisruptionBudgets.enabled (gt (int (index . 2)) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "llmd.fullname" $root }}-{{ index . 1 }}
  labels:
    {{- include "llmd.labels" . | nindent 4 }}
spec:
  minAvailable: 1
  selector:
    matchLabels:
      {{- include "llmd.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Kafka's brokers, empty for none. */}}
{{- define "llmd.kafka" -}}
{{- if .Values.kafka.trialBroker.enabled -}}
{{ include "llmd.fullname" . }}-kafka:9092
{{- else -}}
{{ .Values.kafka.bootstrapServers }}
{{- end -}}
{{- end -}}

{{/* Base model of the index, with whose name keys of blocks begin; empty when it is not known. */}}
{{- define "llmd.kvIndexModel" -}}
{{- if .Values.kvIndex.model -}}
{{ .Values.kvIndex.model }}
{{- else if .Values.simulator.enabled -}}
{{ .Values.simulator.model }}
{{- else if ne .Values.modelServers.mode "none" -}}
{{ .Values.modelServers.model }}
{{- end -}}
{{- end -}}

{{/* Labels of the pods that serve, as for kubectl. */}}
{{- define "llmd.endpointSelector" -}}
{{- if .Values.endpoints.selector -}}
{{ .Values.endpoints.selector }}
{{- else -}}
app.kubernetes.io/instance={{ .Release.Name }},llm-d.ai/inference-serving=true
{{- end -}}
{{- end -}}

{{/* ConfigMap with the endpoints file, empty for none. */}}
{{- define "llmd.endpointsFile" -}}
{{- if .Values.endpoints.existingConfigMap -}}
{{ .Values.endpoints.existingConfigMap }}
{{- else if .Values.endpoints.static -}}
{{ include "llmd.fullname" . }}-endpoints
{{- end -}}
{{- end -}}

{{/* Whether the chart makes the key, empty for no. */}}
{{- define "llmd.trialKey" -}}
{{- if and .Values.simulator.enabled .Values.auth.trialKey }}yes{{ end -}}
{{- end -}}

{{- define "llmd.keysSecret" -}}
{{ eq (include "llmd.trialKey" .) "yes" | ternary (printf "%s-gateway-keys" (include "llmd.fullname" .)) .Values.auth.existingSecret }}
{{- end -}}

{{/* The scheduling configuration. */}}
{{- define "llmd.picker" -}}
{{- if eq .Values.scheduler.profile "custom" -}}
{{ .Values.scheduler.config }}
{{- else -}}
{{ .Files.Get (printf "files/%s.yaml" .Values.scheduler.profile) }}
{{- end -}}
{{- end -}}

{{/* Combinations that cannot work; values.schema.json has the rules about single values. */}}
{{- define "llmd.check" -}}
{{- $v := .Values -}}
{{- if and $v.gateway.enabled (not $v.auth.existingSecret) (not (include "llmd.trialKey" .)) -}}
{{- fail "auth.existingSecret: empty (expected: the Secret with the keys of clients; `llmd keys create` prints entries of its file keys.yaml)" -}}
{{- end -}}
{{- if and $v.gateway.enabled (not $v.scheduler.enabled) -}}
{{- fail "scheduler.enabled: false (expected: true, because the gateway asks the scheduler)" -}}
{{- end -}}
{{- if and $v.inferenceGateway.enabled (not $v.scheduler.enabled) -}}
{{- fail "scheduler.enabled: false (expected: true, because the Inference Gateway asks the scheduler)" -}}
{{- end -}}
{{- if and $v.inferenceGateway.enabled (not $v.inferencePool.enabled) -}}
{{- fail "inferencePool.enabled: false (expected: true, because an Inference Gateway finds the scheduler by the pool)" -}}
{{- end -}}
{{- if and $v.inferencePool.enabled (or $v.endpoints.static $v.endpoints.existingConfigMap) -}}
{{- fail "endpoints.static, endpoints.existingConfigMap: set (expected: neither with inferencePool.enabled)" -}}
{{- end -}}
{{- if and $v.endpoints.static $v.endpoints.existingConfigMap -}}
{{- fail "endpoints.existingConfigMap: set beside endpoints.static (expected: one of the two)" -}}
{{- end -}}
{{- if and $v.inferencePool.enabled $v.endpoints.selector (not (regexMatch "^[^=!<>() ,]+=[^=!<>() ,]+(,[^=!<>() ,]+=[^=!<>() ,]+)*$" $v.endpoints.selector)) -}}
{{- fail (printf "endpoints.selector: %s (expected: label=value with commas between, because pools know nothing else)" $v.endpoints.selector) -}}
{{- end -}}
{{- if and (eq $v.scheduler.profile "custom") (not $v.scheduler.config) -}}
{{- fail "scheduler.config: empty (expected: an EndpointPickerConfig, because scheduler.profile is custom)" -}}
{{- end -}}
{{- if and $v.scheduler.config (ne $v.scheduler.profile "custom") -}}
{{- fail (printf "scheduler.profile: %s (expected: custom, because scheduler.config is set)" $v.scheduler.profile) -}}
{{- end -}}
{{- if and (eq $v.scheduler.kvIndex "kafka") (not (include "llmd.kafka" .)) -}}
{{- fail "kafka.bootstrapServers: empty (expected: brokers, because scheduler.kvIndex is kafka)" -}}
{{- end -}}
{{- if and $v.kafka.bootstrapServers $v.kafka.trialBroker.enabled -}}
{{- fail "kafka.trialBroker.enabled: true (expected: false beside kafka.bootstrapServers)" -}}
{{- end -}}
{{- if and (eq $v.scheduler.kvIndex "service") (not $v.kvIndex.enabled) -}}
{{- fail "kvIndex.enabled: false (expected: true, because scheduler.kvIndex is service)" -}}
{{- end -}}
{{- if and $v.kvIndex.enabled (include "llmd.kafka" .) (not (include "llmd.kvIndexModel" .)) -}}
{{- fail "kvIndex.model: empty (expected: the base model's name, because the index publishes over Kafka)" -}}
{{- end -}}
{{- if and $v.kvIndex.enabled (eq $v.scheduler.kvIndex "service") (not (include "llmd.kvIndexModel" .)) -}}
{{- fail "kvIndex.model: empty (expected: the base model's name, because the scheduler asks by keys that begin with it)" -}}
{{- end -}}
{{- if and $v.coordinator.enabled (not $v.gateway.enabled) -}}
{{- fail "gateway.enabled: false (expected: true, because the coordinator sends to the gateway)" -}}
{{- end -}}
{{- if and $v.coordinator.enabled (ne $v.scheduler.profile "phases") (ne $v.scheduler.profile "custom") -}}
{{- fail (printf "scheduler.profile: %s (expected: phases or custom, because a coordinator sends a request for each phase)" $v.scheduler.profile) -}}
{{- end -}}
{{- if and $v.coordinator.enabled (not $v.coordinator.networks) -}}
{{- fail "coordinator.networks: empty (expected: the networks of pods in this cluster, such as 10.244.0.0/16; the gateway believes headers that come from them)" -}}
{{- end -}}
{{- if and $v.coordinator.enabled (ne $v.gateway.service.type "ClusterIP") -}}
{{- fail (printf "gateway.service.type: %s (expected: ClusterIP, because clients have to come through the coordinator)" $v.gateway.service.type) -}}
{{- end -}}
{{- if and $v.coordinator.enabled (ne $v.gateway.tls.mode "off") -}}
{{- fail (printf "gateway.tls.mode: %s (expected: off, because the coordinator asks the gateway without TLS)" $v.gateway.tls.mode) -}}
{{- end -}}
{{- if and (ne $v.gateway.tls.mode "off") (not $v.gateway.tls.existingSecret) -}}
{{- fail (printf "gateway.tls.existingSecret: empty (expected: a Secret, because gateway.tls.mode is %s)" $v.gateway.tls.mode) -}}
{{- end -}}
{{- if and $v.gateway.httpRoute.enabled (not $v.gateway.httpRoute.gateway) -}}
{{- fail "gateway.httpRoute.gateway: empty (expected: the name of a Gateway)" -}}
{{- end -}}
{{- if and $v.gateway.ingress.enabled (not $v.gateway.ingress.host) -}}
{{- fail "gateway.ingress.host: empty (expected: a host name)" -}}
{{- end -}}
{{- if and $v.autoscaler.enabled (not $v.autoscaler.kubernetes.enabled) (not (include "llmd.endpointsFile" .)) -}}
{{- fail "endpoints.static: empty (expected: endpoints, because autoscaler.kubernetes.enabled is false)" -}}
{{- end -}}
{{- if and $v.autoscaler.enabled $v.autoscaler.externalMetrics.enabled -}}
{{- if not $v.autoscaler.kubernetes.enabled -}}
{{- fail "autoscaler.externalMetrics.enabled: true (expected: false, because autoscaler.kubernetes.enabled is false)" -}}
{{- end -}}
{{- if not $v.autoscaler.externalMetrics.existingSecret -}}
{{- fail "autoscaler.externalMetrics.existingSecret: empty (expected: a Secret with a certificate, because API servers ask over HTTPS alone)" -}}
{{- end -}}
{{- if not (or $v.autoscaler.externalMetrics.caBundle $v.autoscaler.externalMetrics.annotations) -}}
{{- fail "autoscaler.externalMetrics.caBundle: empty (expected: the authority of the certificate, or an annotation that lets it be injected)" -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.modelServers.mode "prefill-decode") $v.scheduler.enabled (has $v.scheduler.profile (list "balanced" "sticky")) -}}
{{- fail (printf "scheduler.profile: %s (expected: pd, phases or custom, because modelServers.mode is prefill-decode)" $v.scheduler.profile) -}}
{{- end -}}
{{- if and (eq $v.modelServers.mode "prefill-decode") $v.inferenceGateway.enabled -}}
{{- fail "modelServers.mode: prefill-decode (expected: none or unified with inferenceGateway.enabled, because decoding pods of the chart have no sidecar that asks for the prefill)" -}}
{{- end -}}
{{- if or $v.simulator.enabled (ne $v.modelServers.mode "none") -}}
{{- if gt (len $v.endpoints.ports) 1 -}}
{{- fail (printf "endpoints.ports: %d ports (expected: one, because model servers of the chart serve on one)" (len $v.endpoints.ports)) -}}
{{- end -}}
{{- if $v.endpoints.selector -}}
{{- fail (printf "endpoints.selector: %s (expected: empty with model servers of the chart, which it would leave out)" $v.endpoints.selector) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "-XX:[+]Use(Z|G1|Parallel|Shenandoah|Epsilon)GC" $v.pods.javaOptions -}}
{{- fail (printf "pods.javaOptions: %s (expected: no garbage collector, because the image chooses SerialGC and the JVM takes one only)" $v.pods.javaOptions) -}}
{{- end -}}
{{- if and $v.simulator.enabled (ne $v.modelServers.mode "none") -}}
{{- fail (printf "modelServers.mode: %s (expected: none with simulator.enabled)" $v.modelServers.mode) -}}
{{- end -}}
{{- end -}}
