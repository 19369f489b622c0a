"""The same prompts through the suite: it asks the prefill endpoint and hands its blocks to the decode endpoint, or does not split at all."""

import time

from meters import Meters
from pods import MODEL, SEQUENCES
from server import Server
from wire import Wire

KEY = "sk-real-vllm"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
# The launcher keeps all ports of a suite at these distances from the gateway's.
PORT_DISTANCE = 1000
MANAGEMENT_DISTANCE = 1000
MODELS_SECONDS = 30
# Names of the gateway's meters of splitting.
METERS = "gateway_disagg_"

CONFIGURATION = """\
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
  - name: stages
    type: disagg-profile-handler
    parameters:
      stageOrder: decode-first
  - {name: only-prefill, type: prefill-filter}
  - {name: only-decode, type: decode-filter}
  - {name: busy, type: active-request-scorer}
  - {name: best, type: max-score-picker}
schedulingProfiles:
  - name: prefill
    plugins:
      - {pluginRef: only-prefill}
      - {pluginRef: busy, weight: 1}
      - {pluginRef: best}
  - name: decode
    plugins:
      - {pluginRef: only-decode}
      - {pluginRef: busy, weight: 1}
      - {pluginRef: best}
"""
# Without a decider nothing is split.
SPLIT = CONFIGURATION.replace("decode-first\n", "decode-first\n      deciders: {prefill: always}\n") \
    .replace("plugins:\n", "plugins:\n  - {name: always, type: always-disagg-pd-decider}\n", 1)


class Gateway(Server):
    """Gateway and scheduler in one process, in front of endpoints of fixed roles."""

    def __init__(self, llmd, port, endpoints, split, folder):
        name = "gateway-split" if split else "gateway-whole"
        configuration = folder / f"{name}.yaml"
        configuration.write_text(SPLIT if split else CONFIGURATION)
        command = [llmd, "serve", "--roles", "scheduler,gateway", "--port-base", str(port), "--config", str(configuration),
                   "--set", "scheduler.discovery.allow-loopback=true", "--set", f"gateway.access.demo-key={KEY}",
                   "--set", "gateway.expose-endpoint=true"]
        for number, (role, pod) in enumerate(endpoints):
            prefix = f"scheduler.discovery.endpoints[{number}]"
            values = {"name": f"{role}-{number}", "namespace": "default", "address": "127.0.0.1", "port": pod.port,
                      "labels[llm-d.ai/role]": role}
            command += [word for key, value in values.items() for word in ("--set", f"{prefix}.{key}={value}")]
        super().__init__(command, {"LLMD_JAVA_OPTS": "-Xmx512m"}, folder, port, open(folder / f"{name}.log", "w"))
        self.wire = Wire(port)
        self.management = Wire(port + MANAGEMENT_DISTANCE)

    def __enter__(self):
        super().__enter__()
        deadline = time.monotonic() + MODELS_SECONDS
        while MODEL not in self.wire.send(None, "GET", "/v1/models", headers=AUTHORIZATION).body.decode():
            if time.monotonic() > deadline:
                self.end()
                raise RuntimeError(f"the gateway does not list {MODEL}; see {self.log.name}")
            time.sleep(0.2)
        return self

    def await_health(self):
        super().await_health("/v1/models", AUTHORIZATION)

    def send(self, request, **fields):
        path, body = request
        return self.wire.send(None, "POST", path, {**body, **fields}, headers=AUTHORIZATION)

    def meters(self):
        return Meters.read(self.management, "/actuator/prometheus")


def compare(comparison, prefill, decode, llmd, folder):
    """Adds the rows, in the last of which the prefill endpoint dies; returns what the gateway's own meters of splitting count."""
    endpoints = [("prefill", prefill), ("decode", decode)]
    port = prefill.port + PORT_DISTANCE
    with Gateway(llmd, port, endpoints, False, folder) as gateway:
        name = "gateway, splitting switched off"
        row = comparison.row(name, prefill, decode, lambda index, request: gateway.send(request))
        comparison.expect_none(name, row)
        comparison.check(row["computed by prefill"] == 0, f"{name}: prefill computed {row['computed by prefill']} prompt tokens")
    with Gateway(llmd, port, endpoints, True, folder) as gateway:
        for name, fields, workers in (("gateway", {}, 1), ("gateway, streamed", {"stream": True}, 1),
                                      ("gateway, eight at a time", {}, SEQUENCES)):
            row = comparison.row(name, prefill, decode, lambda index, request: gateway.send(request, **fields), workers)
            comparison.expect_transfer(name, row)
        splits = gateway.meters().value("gateway_disagg_splits_total")
        comparison.check(splits == 3 * len(comparison.requests), f"the gateway counts {splits} requests that it split")
        counted = {"all well": _own_counts(gateway)}
        name = "gateway, prefill dies half-way"
        row = comparison.row(name, prefill, decode, _dying(prefill, gateway, len(comparison.requests) // 2), SEQUENCES)
        comparison.check(row["same answer"] == row["requests"], f"{name}: answers differ")
        comparison.check(row["transferred to decode"] > 0, f"{name}: nothing was transferred before")
        comparison.check(row["computed by decode"] > 0, f"{name}: nothing was computed by decode after")
        counted["prefill died"] = _own_counts(gateway)
    return counted


def _dying(prefill, gateway, last):
    def serve(index, request):
        if index == last:
            prefill.kill()
        return gateway.send(request)

    return serve


def _own_counts(gateway):
    samples = gateway.meters().samples.items()
    return {name + "".join(f" {key}={value}" for key, value in sorted(labels)): count for (name, labels), count in samples
            if name.startswith(METERS) and not name.endswith(("_bucket", "_max")) and count}
