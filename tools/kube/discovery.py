"""Starts etcd, kube-apiserver and schedulers, changes what is in the cluster, and checks what schedulers make of it."""

import argparse
import collections
import datetime
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

NAMESPACE = "team"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:llmd-scheduler"
GROUP = "inference.networking.k8s.io"
FORMER = "inference.networking.x-k8s.io"
# Of the API that install.sh builds, which does not know its own.
KUBE_VERSION = "1.34.4"
TOLD_WITHIN = 2.0
AUDIT = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    userGroups: [system:serviceaccounts]
  - level: None
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ok(what):
    print(f"ok   {what}", flush=True)


def until(what, condition, seconds=60.0, pause=0.05):
    """Waits for a condition; answers with the seconds that it took."""
    begun = time.monotonic()
    while True:
        try:
            if condition():
                return time.monotonic() - begun
        except OSError:
            pass
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)


def spread(seconds):
    """Quantiles of times, in milliseconds."""
    ordered = sorted(seconds)

    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    return f"p50 {at(0.5):.0f} ms, p90 {at(0.9):.0f} ms, p99 {at(0.99):.0f} ms, longest {ordered[-1] * 1000:.0f} ms"


class Process:
    """A process with its log."""

    def __init__(self, name, command, folder, environment=None):
        self.name = name
        self.command = command
        self.log = folder / f"{name}.log"
        self.environment = {**os.environ, **(environment or {})}
        self.running = None

    def start(self):
        with open(self.log, "ab") as log:
            self.running = subprocess.Popen(
                self.command, stdout=log, stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)

    def end(self, how=signal.SIGTERM, seconds=200):
        if self.running is None:
            return
        # The start script replaces itself, so that this is the process itself.
        self.running.send_signal(how)
        try:
            self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()
        self.running = None

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


class Cluster:
    """An API server with its store, and what speaks to it."""

    def __init__(self, bin_folder, work):
        self.work = work
        self.port = free_port()
        store, peers = free_port(), free_port()
        self.etcd = Process("etcd", [
            str(bin_folder / "etcd"), "--data-dir", str(work / "etcd"), "--unsafe-no-fsync",
            "--listen-client-urls", f"http://127.0.0.1:{store}", "--advertise-client-urls", f"http://127.0.0.1:{store}",
            "--listen-peer-urls", f"http://127.0.0.1:{peers}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peers}",
            "--initial-cluster", f"default=http://127.0.0.1:{peers}"], work)
        self.audit = work / "audit.log"
        (work / "audit.yaml").write_text(AUDIT)
        (work / "tokens.csv").write_text("admin-token,admin,admin,system:masters\n")
        self._openssl("genrsa", "-out", work / "sa.key", "2048")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", work / "tls.key", "-out", work / "tls.crt",
                      "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
        self.server = Process("api", [
            str(bin_folder / "kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{store}", "--bind-address=127.0.0.1",
            f"--secure-port={self.port}", f"--tls-cert-file={work}/tls.crt", f"--tls-private-key-file={work}/tls.key",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={work}/sa.key",
            f"--service-account-signing-key-file={work}/sa.key", f"--token-auth-file={work}/tokens.csv",
            "--authorization-mode=RBAC", "--endpoint-reconciler-type=none", "--disable-admission-plugins=ServiceAccount",
            "--service-cluster-ip-range=10.96.0.0/16", f"--audit-policy-file={work}/audit.yaml", f"--audit-log-path={self.audit}"],
            work)
        self.context = ssl.create_default_context(cafile=str(work / "tls.crt"))
        self.connection = None
        self.last_call = 0.0
        self.starts = []
        self.config = self.kubeconfig("admin", "admin-token", self.port)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kubeconfig(self, name, token, port):
        path = self.work / f"{name}.conf"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "c", "cluster": {
                "server": f"https://127.0.0.1:{port}", "certificate-authority": f"{self.work}/tls.crt"}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}]}))
        path.chmod(0o600)
        return path

    def start(self):
        begun = datetime.datetime.now(datetime.UTC)
        self.server.start()

        def is_ready():
            if self.server.running.poll() is not None:
                raise AssertionError(f"the API ended:\n{self.server.tail()}")
            return self.call("GET", "/readyz", allow=(200, 403, 500))[0] == 200

        took = until("the API is ready", is_ready, 120)
        self.starts.append((begun, datetime.datetime.now(datetime.UTC)))
        return took

    def was_starting(self, moment):
        """Whether the API had not said yet that it is ready; it refuses everybody until it has read roles."""
        at = datetime.datetime.fromisoformat(moment)
        return any(begun <= at <= ready for begun, ready in self.starts)

    def call(self, method, path, body=None, kind="application/json", allow=(200, 201)):
        """Status and answer of one call with all rights."""
        # The API closes connections that nobody used for a while.
        if self.connection is not None and time.monotonic() - self.last_call > 20:
            self.connection.close()
            self.connection = None
        self.last_call = time.monotonic()
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=30)
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body), {
                "authorization": "Bearer admin-token", "content-type": kind})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as e:
            self.connection.close()
            self.connection = None
            raise ConnectionError(str(e)) from e
        if answer.status not in allow:
            raise AssertionError(f"{method} {path}: {answer.status} {text[:300]}")
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def kubectl(self, *arguments, stdin=None, check=True):
        done = subprocess.run(["kubectl", "--kubeconfig", str(self.config), *arguments], input=stdin, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr[:2000]}")
        return done.stdout

    def token(self):
        return self.kubectl("create", "token", "llmd-scheduler", "-n", NAMESPACE, "--duration=2h").strip()

    def merge(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def end(self):
        self.server.end(seconds=20)
        self.etcd.end(seconds=20)


class Relay:
    """A way to the API that can be cut."""

    def __init__(self, target):
        self.target = target
        self.is_open = True
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            if not self.is_open:
                inner.close()
                continue
            try:
                outer = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                inner.close()
                continue
            # The time was for connecting; watches are silent for longer.
            outer.settimeout(None)
            self.pairs += [inner, outer]
            for source, sink in ((inner, outer), (outer, inner)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.is_open = False
        for end in self.pairs:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.pairs = []

    def mend(self):
        self.is_open = True


class Scheduler:
    """A scheduler of this repository."""

    def __init__(self, name, root, work, config, **settings):
        self.port, self.management = free_port(), free_port()
        wanted = {
            "scheduler.pool": "llmd",
            "scheduler.discovery.kubernetes.enabled": "true",
            # Pods of the checks have addresses of this machine, so that reading their metrics leads nowhere else.
            "scheduler.discovery.allow-loopback": "true",
            # Nobody answers there.
            "scheduler.metrics.interval": "1s",
            "server.address": "127.0.0.1",
            "management.server.address": "127.0.0.1",
            "server.port": self.port,
            "management.server.port": self.management,
            **{key.replace("__", "-").replace("_", "."): value for key, value in settings.items()},
        }
        command = [str(root / "llmd"), "serve", "--roles", "scheduler"]
        for key, value in wanted.items():
            command += ["--set", f"{key}={value}"]
        self.process = Process(name, command, work, {"KUBECONFIG": str(config), "POD_NAME": name, "NAMESPACE": NAMESPACE})

    def start(self):
        self.process.start()

        def answers():
            if self.process.running.poll() is not None:
                raise AssertionError("the scheduler ended")
            return self.endpoints() is not None

        until("the scheduler answers", answers, 300)
        return self

    def end(self, how=signal.SIGTERM):
        self.process.end(how)

    def endpoints(self):
        """Id, host and port of each endpoint."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/endpoints", timeout=5) as answer:
            found = json.load(answer)["endpoints"]
        return {(e["endpoint"]["id"], e["endpoint"]["host"], e["endpoint"]["port"]) for e in found}

    def names(self):
        return sorted(name.split("/")[1] for name, _, _ in self.endpoints())

    def is_ready(self):
        try:
            with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.management}/actuator/health/readiness", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.HTTPError, OSError):
            return False


class Model:
    """What is in the cluster, and which endpoints follow from it."""

    def __init__(self, cluster, seed):
        self.cluster = cluster
        self.random = random.Random(seed)
        self.pods = {}
        self.pool = None
        self.addresses = 0
        self.done = collections.Counter()

    def endpoints(self):
        found = set()
        if self.pool is None:
            return found
        for name, pod in self.pods.items():
            member = all(pod["labels"].get(key) == value for key, value in self.pool["labels"].items())
            if not member or not pod["ready"] or pod["ends"]:
                continue
            for rank, port in enumerate(self.pool["ports"]):
                if self.serves(pod, port):
                    found.add((f"{NAMESPACE}/{name}-rank-{rank}", pod["address"], port))
        return found

    @staticmethod
    def serves(pod, port):
        told = pod["notes"].get("llm-d.ai/active-ports", pod["notes"].get(f"{GROUP}/active-ports"))
        return told is None or str(port) in [entry.strip() for entry in told.split(",")]

    def address(self):
        self.addresses += 1
        return f"127.20.{self.addresses // 250}.{self.addresses % 250 + 1}"

    def labels(self):
        return {"app": self.random.choice(["vllm", "vllm", "vllm", "other"]), "tier": self.random.choice(["a", "b"])}

    def notes(self):
        value = self.random.choice(["8000", "8001", "8000,8002", " 8001 , 9999", "", "none", "8000abc"])
        return self.random.choice([
            {}, {}, {}, {}, {}, {}, {"llm-d.ai/active-ports": value}, {f"{GROUP}/active-ports": value},
            {"llm-d.ai/active-ports": value, f"{GROUP}/active-ports": "8002"}])

    def path(self, name):
        return f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"

    def write_status(self, name):
        pod = self.pods[name]
        self.cluster.merge(self.path(name) + "/status", {"status": {
            "podIP": pod["address"], "podIPs": [{"ip": pod["address"]}],
            "conditions": [{"type": "Ready", "status": "True" if pod["ready"] else "False"}]}})

    def create(self):
        free = [f"p{i}" for i in range(40) if f"p{i}" not in self.pods]
        if not free:
            return self.delete()
        name = self.random.choice(free)
        pod = {"labels": self.labels(), "notes": self.notes(), "ready": False, "address": None, "ends": False}
        self.cluster.call("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", {
            "metadata": {"name": name, "labels": pod["labels"], "annotations": pod["notes"]},
            "spec": {"containers": [{"name": "c", "image": "x"}]}})
        pod["address"] = self.address()
        pod["ready"] = self.random.random() < 0.8
        self.pods[name] = pod
        return self.write_status(name)

    def any(self, **wanted):
        names = [name for name, pod in self.pods.items() if all(pod[key] == value for key, value in wanted.items())]
        return self.random.choice(names) if names else None

    def delete(self):
        name = self.any(ends=False)
        if name:
            self.cluster.call("DELETE", self.path(name), {"gracePeriodSeconds": 0})
            del self.pods[name]

    def let_end(self):
        """A pod that is asked to end and takes its time."""
        name = self.any(ends=False)
        if name:
            self.cluster.merge(self.path(name), {"metadata": {"finalizers": ["checks.llmd/wait"]}})
            self.cluster.call("DELETE", self.path(name), {"gracePeriodSeconds": 0})
            self.pods[name]["ends"] = True

    def ended(self):
        name = self.any(ends=True)
        if name:
            self.cluster.merge(self.path(name), {"metadata": {"finalizers": None}})
            del self.pods[name]

    def replace(self):
        """Another pod of the same name, as of a StatefulSet."""
        name = self.any(ends=False)
        if name:
            self.cluster.call("DELETE", self.path(name), {"gracePeriodSeconds": 0})
            labels = self.pods[name]["labels"]
            self.cluster.call("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", {
                "metadata": {"name": name, "labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}})
            self.pods[name] = {"labels": labels, "notes": {}, "ready": True, "address": self.address(), "ends": False}
            self.write_status(name)

    def relabel(self):
        name = self.any()
        if name:
            self.pods[name]["labels"] = self.labels()
            self.cluster.merge(self.path(name), {"metadata": {"labels": self.pods[name]["labels"]}})

    def annotate(self):
        name = self.any()
        if name:
            self.pods[name]["notes"] = self.notes()
            both = {"llm-d.ai/active-ports": None, f"{GROUP}/active-ports": None, **self.pods[name]["notes"]}
            self.cluster.merge(self.path(name), {"metadata": {"annotations": both}})

    def turn_ready(self):
        name = self.any()
        if name:
            self.pods[name]["ready"] = self.random.random() < 0.75
            self.write_status(name)

    def move(self):
        name = self.any()
        if name:
            self.pods[name]["address"] = self.address()
            self.write_status(name)

    def pools(self, name=""):
        return f"/apis/{GROUP}/v1/namespaces/{NAMESPACE}/inferencepools{name}"

    def pool_spec(self):
        return {"selector": {"matchLabels": self.pool["labels"]}, "targetPorts": [{"number": p} for p in self.pool["ports"]]}

    def make_pool(self, labels=None, ports=None):
        self.pool = {"labels": labels or {"app": "vllm"}, "ports": ports or [8000]}
        self.cluster.call("POST", self.pools(), {
            "apiVersion": f"{GROUP}/v1", "kind": "InferencePool", "metadata": {"name": "llmd"}, "spec": self.pool_spec()})

    def write_pool(self):
        spec = self.pool_spec()
        spec["selector"]["matchLabels"] = {"app": None, "tier": None, **spec["selector"]["matchLabels"]}
        self.cluster.merge(self.pools("/llmd"), {"spec": spec})

    def retarget(self):
        if self.pool:
            self.pool["ports"] = self.random.sample([8000, 8001, 8002, 8003], self.random.randint(1, 3))
            self.write_pool()

    def reselect(self):
        if self.pool:
            self.pool["labels"] = self.random.choice([{"app": "vllm"}, {"app": "vllm", "tier": "a"}, {"app": "other"}])
            self.write_pool()

    def turn_pool(self):
        if self.pool is None:
            self.make_pool(ports=[8000, 8001])
        else:
            self.cluster.call("DELETE", self.pools("/llmd"))
            self.pool = None

    def change(self):
        kinds = [(self.create, 24), (self.delete, 8), (self.let_end, 5), (self.ended, 6), (self.replace, 5), (self.relabel, 12),
                 (self.annotate, 12), (self.turn_ready, 16), (self.move, 5), (self.retarget, 6), (self.reselect, 3),
                 (self.turn_pool, 20 if self.pool is None else 1)]
        step = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        self.done[step.__name__] += 1
        step()


class Checks:
    """The parts, in order."""

    def __init__(self, arguments, work):
        self.root = pathlib.Path(arguments.root)
        self.bin = pathlib.Path(arguments.bin)
        self.work = work
        self.count = arguments.changes
        self.restarts = arguments.restarts
        self.seed = arguments.seed
        self.cluster = Cluster(self.bin, work)
        self.running = []

    def scheduler(self, name, port=None, **settings):
        config = self.cluster.kubeconfig(name, self.cluster.token(), port or self.cluster.port)
        scheduler = Scheduler(name, self.root, self.work, config, **settings)
        self.running.append(scheduler)
        return scheduler.start()

    def end(self, scheduler, how=signal.SIGTERM):
        scheduler.end(how)
        self.running.remove(scheduler)

    def end_all(self):
        for scheduler in list(self.running):
            scheduler.process.end(signal.SIGKILL)
        self.cluster.end()

    def begin(self):
        self.cluster.etcd.start()
        took = self.cluster.start()
        for name in (NAMESPACE, "llmd", "llmd-trial"):
            self.cluster.kubectl("create", "namespace", name)
        ok(f"etcd and kube-apiserver are ready after {took:.1f} s")
        self.cluster.kubectl("apply", "-n", NAMESPACE, "-f", str(self.root / "k8s/base/scheduler-rbac.yaml"))

    def established(self, *names):
        for name in names:
            self.cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", f"crd/{name}")

    # ---- manifests ------------------------------------------------------------------------------------------------------

    def install_kinds(self):
        self.cluster.kubectl("apply", "-k", str(self.root / "k8s/crds"))
        self.cluster.kubectl("apply", "-f", str(self.root / "tools/kube/crds/inference.yaml"))
        self.established(f"inferencepools.{GROUP}", "inferenceobjectives.llm-d.ai", "inferencemodelrewrites.llm-d.ai")

    def manifests(self):
        for file in ("tools/kube/crds/others.yaml", "k8s/autoscaler/crds.yaml"):
            self.cluster.kubectl("apply", "-f", str(self.root / file))
        ok("the definitions of custom resources are taken")
        kinds = ("destinationrules", "scaledobjects", "variantpolicies")
        until("all kinds are served", lambda: all(
            kind in self.cluster.kubectl("api-resources", "-o", "name") for kind in kinds))
        for overlay in sorted((self.root / "k8s/overlays").iterdir()):
            self.dry_run(f"overlay {overlay.name}", self.kustomize(overlay))
        helm = shutil.which("helm") or shutil.which("helm", path=str(self.bin))
        if helm is None:
            print("skipped: helm is not there, so the chart is left out", flush=True)
            return
        chart = self.root / "k8s/helm/llmd"
        for values in [None, *sorted((chart / "ci").glob("*-values.yaml"))]:
            rendered = subprocess.run(
                [helm, "template", "llmd", str(chart), "--namespace", NAMESPACE, "--kube-version", KUBE_VERSION,
                 *([] if values is None else ["-f", str(values)])],
                check=True, text=True, stdout=subprocess.PIPE).stdout
            self.dry_run(f"chart, {'default values' if values is None else values.name}", rendered)

    def kustomize(self, folder):
        return subprocess.run(
            ["kubectl", "kustomize", str(folder)], check=True, text=True, stdout=subprocess.PIPE).stdout

    def dry_run(self, what, objects):
        taken = self.cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=objects).strip().splitlines()
        ok(f"{what}: the API takes all {len(taken)} objects")

    # ---- the former group -----------------------------------------------------------------------------------------------

    def former(self):
        self.cluster.kubectl("apply", "-f", str(self.root / "tools/kube/crds/former.yaml"))
        self.established(*(f"{kind}.{FORMER}" for kind in ("inferencepools", "inferenceobjectives", "inferencemodelrewrites")))
        base = f"/apis/{FORMER}/v1alpha2/namespaces/{NAMESPACE}"
        self.cluster.call("POST", f"{base}/inferencepools", {
            "apiVersion": f"{FORMER}/v1alpha2", "kind": "InferencePool", "metadata": {"name": "llmd"},
            "spec": {"selector": {"app": "former"}, "targetPortNumber": 8000}})
        self.resources(FORMER, also={"wrong": "many"})
        model = Model(self.cluster, 0)
        self.cluster.call("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", {
            "metadata": {"name": "former", "labels": {"app": "former"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}})
        model.pods["former"] = {"ready": True, "address": model.address()}
        model.write_status("former")
        scheduler = self.scheduler("former", **{"scheduler_discovery_kubernetes_pool__group": FORMER})
        until("an endpoint of the former group", lambda: scheduler.names() == ["former-rank-0"])
        ok("a pool of the former group")
        self.conditions(FORMER, {"urgent": "True Accepted", "wrong": "False InvalidPriority"}, "True Accepted")
        self.end(scheduler)
        self.cluster.call("DELETE", model.path("former"), {"gracePeriodSeconds": 0})

    def resources(self, group, also=None):
        base = f"/apis/{group}/v1alpha2/namespaces/{NAMESPACE}"
        reference = {"name": "llmd", "group": FORMER if group == FORMER else GROUP}
        for name, priority in {"urgent": 10, **(also or {})}.items():
            self.cluster.call("POST", f"{base}/inferenceobjectives", {
                "apiVersion": f"{group}/v1alpha2", "kind": "InferenceObjective", "metadata": {"name": name},
                "spec": {"priority": priority, "poolRef": reference}})
        self.cluster.call("POST", f"{base}/inferencemodelrewrites", {
            "apiVersion": f"{group}/v1alpha2", "kind": "InferenceModelRewrite", "metadata": {"name": "alias"},
            "spec": {"poolRef": reference, "rules": [
                {"matches": [{"model": {"value": "mine"}}], "targets": [{"modelRewrite": "sim-8b"}]}]}})

    def conditions(self, group, objectives, rewrite):
        base = f"/apis/{group}/v1alpha2/namespaces/{NAMESPACE}"

        def condition(path):
            found = self.cluster.call("GET", f"{base}/{path}")[1].get("status", {}).get("conditions", [])
            return " ".join(f"{c['status']} {c['reason']}" for c in found if c["type"] == "Accepted")

        wanted = {f"inferenceobjectives/{name}": value for name, value in objectives.items()}
        wanted["inferencemodelrewrites/alias"] = rewrite
        for path, value in wanted.items():
            until(f"condition of {path} is {value}", lambda path=path, value=value: condition(path) == value)
            ok(f"condition of {group} {path}: {value}")

    # ---- step by step ---------------------------------------------------------------------------------------------------

    def steps(self):
        self.resources("llm-d.ai")
        model = Model(self.cluster, 0)
        model.make_pool(ports=[8000, 8001])
        for name in ("p1", "p2", "p3"):
            self.cluster.call("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", {
                "metadata": {"name": name, "labels": {"app": "vllm", "llm-d.ai/role": "decode"}},
                "spec": {"containers": [{"name": "c", "image": "x"}]}})
            model.pods[name] = {"ready": name != "p3", "address": model.address()}
            model.write_status(name)
        scheduler = self.scheduler("steps")

        def expect(what, *names):
            took = until(f"{what}: {scheduler.names()}", lambda: scheduler.names() == sorted(names))
            ok(f"{what} ({took * 1000:.0f} ms)")

        expect("ready pods have an endpoint for each target port", "p1-rank-0", "p1-rank-1", "p2-rank-0", "p2-rank-1")
        model.pods["p3"]["ready"] = True
        model.write_status("p3")
        expect("a pod that becomes ready",
               "p1-rank-0", "p1-rank-1", "p2-rank-0", "p2-rank-1", "p3-rank-0", "p3-rank-1")
        self.cluster.merge(model.path("p3"), {"metadata": {"annotations": {"llm-d.ai/active-ports": "8001"}}})
        expect("active ports", "p1-rank-0", "p1-rank-1", "p2-rank-0", "p2-rank-1", "p3-rank-1")
        self.cluster.call("DELETE", model.path("p2"), {"gracePeriodSeconds": 0})
        expect("a pod that is deleted", "p1-rank-0", "p1-rank-1", "p3-rank-1")
        self.cluster.server.end(signal.SIGKILL)
        begun = time.monotonic()
        while time.monotonic() - begun < 3:
            assert scheduler.names() == ["p1-rank-0", "p1-rank-1", "p3-rank-1"], scheduler.names()
            time.sleep(0.05)
        ok("while the API is down everything stays")
        self.cluster.start()
        self.cluster.call("DELETE", model.path("p1"), {"gracePeriodSeconds": 0})
        expect("a change after the API's restart", "p3-rank-1")
        self.cluster.merge(model.pools("/llmd"), {"spec": {"targetPorts": [{"number": 8001}]}})
        expect("other target ports", "p3-rank-0")
        assert scheduler.is_ready()
        self.cluster.call("DELETE", model.pools("/llmd"))
        expect("a pool that is deleted")
        until("the scheduler is not ready", lambda: not scheduler.is_ready())
        ok("without a pool the scheduler is not ready")
        self.conditions("llm-d.ai", {"urgent": "True Accepted"}, "True Accepted")
        self.cluster.call("DELETE", model.path("p3"), {"gracePeriodSeconds": 0})
        self.end(scheduler)

    # ---- random changes -------------------------------------------------------------------------------------------------

    def changes(self):
        model = Model(self.cluster, self.seed)
        model.make_pool()
        scheduler = self.scheduler("changes")
        until("the scheduler is ready", scheduler.is_ready)
        delays, after_restart, late = [], [], []
        for _ in range(20):
            model.create()
        model.done.clear()
        made = 0
        outages = {int(self.count * (i + 1) / (self.restarts + 1)) for i in range(self.restarts)}
        most = 0
        while made < self.count:
            burst = min(model.random.randint(1, 4), self.count - made)
            restarts = any(made < outage <= made + burst for outage in outages)
            if restarts:
                self.outage(model, scheduler)
            for _ in range(burst):
                model.change()
            told = time.monotonic()
            made += burst
            wanted = model.endpoints()
            most = max(most, len(wanted))
            until(f"after {made} changes: missing {wanted - scheduler.endpoints()}, too many {scheduler.endpoints() - wanted}",
                  lambda wanted=wanted: scheduler.endpoints() == wanted, 30, 0.002)
            delay = time.monotonic() - told
            (after_restart if restarts else delays).append(delay)
            if delay > TOLD_WITHIN:
                late.append(f"{delay:.2f} s after {made} changes")
        # Nothing comes late that undoes what is right.
        time.sleep(1)
        assert scheduler.endpoints() == model.endpoints()
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(model.done.items()))
        ok(f"{made} random changes, seed {self.seed}: {kinds}; at most {most} endpoints")
        ok(f"right after {len(delays)} bursts of 1 to 4 changes: {spread(delays)}")
        if after_restart:
            times = ", ".join(f"{delay * 1000:.0f} ms" for delay in after_restart)
            ok(f"right after a burst that follows a restart of the API at once: {times}")
        assert not late, f"later than {TOLD_WITHIN} s: {late}"
        ok(f"the endpoints were always right within {TOLD_WITHIN:.0f} s")
        for name in list(model.pods):
            self.cluster.merge(model.path(name), {"metadata": {"finalizers": None}})
            self.cluster.call("DELETE", model.path(name), {"gracePeriodSeconds": 0}, allow=(200, 404))
        if model.pool:
            self.cluster.call("DELETE", model.pools("/llmd"))
        self.end(scheduler)

    def outage(self, model, scheduler):
        before = model.endpoints()
        self.cluster.server.end(signal.SIGKILL)
        begun = time.monotonic()
        while time.monotonic() - begun < 3:
            assert scheduler.endpoints() == before, "endpoints changed while the API was down"
            time.sleep(0.02)
        took = self.cluster.start()
        ok(f"the API was killed and is back after 3 + {took:.1f} s; {len(before)} endpoints stayed meanwhile")

    # ---- election -------------------------------------------------------------------------------------------------------

    def election(self):
        self.cluster.kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=self.leader_role())
        model = Model(self.cluster, 0)
        model.make_pool()
        relays = {name: Relay(self.cluster.port) for name in ("a", "b", "c")}
        settings = {"scheduler_discovery_kubernetes_leader__election_enabled": "true"}
        schedulers = {name: self.scheduler(f"replica-{name}", relays[name].port, **settings) for name in ("a", "b")}
        watch = Leaders(schedulers)

        def leads():
            return watch.leader() is not None

        until("there is a leader", leads, 60)
        first = watch.leader()
        ok("two schedulers with leader election: one is ready")

        self.end(schedulers[first], signal.SIGKILL)
        del schedulers[first]
        took = until("another one leads after the leader was killed", leads, 60)
        ok(f"the leader was killed: the other one is ready after {took:.1f} s (lease 15 s)")

        schedulers["c"] = self.scheduler("replica-c", relays["c"].port, **settings)
        second = watch.leader()
        assert second is not None
        other = next(name for name in schedulers if name != second)
        relays[second].cut()
        began = time.monotonic()
        stopped = until("the leader without API stands down", lambda: not schedulers[second].is_ready(), 60)
        until("another one leads", lambda: schedulers[other].is_ready(), 60)
        ok(f"the leader lost the API: not ready after {stopped:.1f} s (renew-deadline 10 s),"
           f" the other one ready after {time.monotonic() - began:.1f} s")
        relays[second].mend()
        time.sleep(5)
        assert watch.leader() == other, watch.leader()
        ok("who comes back stands by")

        lost = Leaders.gap(watch, lambda: self.end(schedulers.pop(other)))
        ok(f"the leader was told to end: nobody was ready for {lost:.1f} s")

        alone = next(iter(schedulers))
        self.cluster.server.end(signal.SIGKILL)
        stopped = until("nobody leads without API", lambda: watch.leader() is None, 60)
        self.cluster.start()
        back = until("somebody leads again", leads, 60)
        ok(f"no API at all: {alone} not ready after {stopped:.1f} s, and ready {back:.1f} s after the API is back")

        watch.end()
        assert watch.two == 0, f"two leaders at {watch.two} of {watch.looks} looks"
        ok(f"never two leaders in {watch.looks} looks")
        self.end(schedulers.pop(alone))
        self.cluster.call("DELETE", model.pools("/llmd"))

    def leader_role(self):
        """The Role as the component leader-election makes it."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        (folder / "kustomization.yaml").write_text(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
            f"resources: [{os.path.relpath(self.root / 'k8s/base', folder.resolve())}]\n"
            f"components: [{os.path.relpath(self.root / 'k8s/components/leader-election', folder.resolve())}]\n")
        documents = self.kustomize(folder.resolve()).split("\n---\n")
        return next(text for text in documents if "\nkind: Role\n" in text)

    # ---- rights ---------------------------------------------------------------------------------------------------------

    def rights(self):
        used, refused, early = collections.Counter(), collections.Counter(), 0
        with open(self.cluster.audit, encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)
                if event["user"]["username"] != ACCOUNT:
                    continue
                reference = event.get("objectRef", {})
                what = (reference.get("apiGroup", ""), reference.get("resource", event["requestURI"]) + (
                    "/" + reference["subresource"] if "subresource" in reference else ""), event["verb"])
                code = event.get("responseStatus", {}).get("code", 0)
                if code == 403 and self.cluster.was_starting(event["requestReceivedTimestamp"]):
                    early += 1
                elif code == 403:
                    refused[what] += 1
                elif code < 400:
                    used[what] += 1
        role = json.loads(self.cluster.kubectl("get", "role", "llmd-scheduler", "-n", NAMESPACE, "-o", "json"))
        granted = {(group, resource, verb) for rule in role["rules"] for group in rule["apiGroups"]
                   for resource in rule["resources"] for verb in rule["verbs"]
                   if not (group == "llm-d.ai" and resource == "inferencepools")}
        for what in sorted(granted):
            print(f"     {what[0] or 'core':32} {what[1]:30} {what[2]:6} used {used[what]} times", flush=True)
        assert not refused, f"refused: {dict(refused)}"
        ok(f"no call of a scheduler was refused, but for {early} while the API started and knew no roles yet")
        unused = [what for what in granted if not used[what]]
        assert not unused, f"granted and never used: {unused}"
        ok("every right was used")
        unknown = [what for what in used if what not in granted]
        ok(f"calls beside these rights: {unknown or 'none'}")


class Leaders:
    """Looks again and again who is ready."""

    def __init__(self, schedulers):
        self.schedulers = schedulers
        self.two = 0
        self.looks = 0
        self.ended = False
        self.last = []
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.ended:
            ready = [name for name, scheduler in list(self.schedulers.items()) if scheduler.is_ready()]
            # Looks are one after the other: who was ready first may have ended since, so both are looked at again.
            if len(ready) > 1:
                again = [name for name in ready if name in self.schedulers and self.schedulers[name].is_ready()]
                self.two += len(again) > 1
            self.looks += 1
            self.last = ready
            time.sleep(0.02)

    def leader(self):
        ready = [name for name, scheduler in list(self.schedulers.items()) if scheduler.is_ready()]
        return ready[0] if len(ready) == 1 else None

    @staticmethod
    def gap(watch, end):
        """Seconds in which nobody was ready while a scheduler ended."""
        gaps = []

        def measure():
            until("nobody is ready", lambda: not watch.last, 60, 0.01)
            gaps.append(until("somebody is ready", lambda: bool(watch.last), 60, 0.01))

        thread = threading.Thread(target=measure)
        thread.start()
        end()
        thread.join()
        if not gaps:
            raise AssertionError("nobody leads after the leader was told to end")
        return gaps[0]

    def end(self):
        self.ended = True
        self.thread.join()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--only", action="append", choices=["manifests", "former", "steps", "changes", "election", "rights"])
    parser.add_argument("--keep", action="store_true", help="leave logs where they are")
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="llmd-kube-"))
    checks = Checks(arguments, work)
    parts = arguments.only or ["former", "manifests", "steps", "changes", "election", "rights"]
    code = 1
    try:
        checks.begin()
        if "former" in parts:
            checks.former()
        checks.install_kinds()
        for part in ("manifests", "steps", "changes", "election", "rights"):
            if part in parts:
                getattr(checks, part)()
        load = os.getloadavg()
        ok(f"all well; {os.cpu_count()} cores, load {load[0]:.1f} {load[1]:.1f} {load[2]:.1f}")
        code = 0
    except (AssertionError, subprocess.CalledProcessError, OSError) as e:
        print(f"FAIL {e}", flush=True)
        for scheduler in checks.running:
            print(f"--- {scheduler.process.name}\n{scheduler.process.tail()}", flush=True)
    finally:
        checks.end_all()
        if code == 0 and not arguments.keep:
            shutil.rmtree(work, ignore_errors=True)
        else:
            print(f"logs: {work}", flush=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
