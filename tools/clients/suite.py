"""What the checks of all Python clients share: where the suite is, its endpoints, and how a result is told."""

import json
import os
import threading
import time
import urllib.request

BASE = os.environ["LLMD_BASE"]
KEY = os.environ["LLMD_KEY"]
SIMS = os.environ["LLMD_SIMS"].split(",")
MODEL = os.environ.get("LLMD_MODEL", "sim-8b")
results = []


def check(client, what):
    """Runs a check and keeps how it went."""

    def run(test):
        try:
            note = test()
            results.append((client, what, "pass", note or ""))
        except Exception as failure:  # noqa: BLE001 - every failure is a result
            results.append((client, what, "FAIL", f"{type(failure).__name__}: {failure}"[:160]))
        print(*results[-1], sep="  ", flush=True)
        return test

    return run


def faults(change):
    """Changes the faults of all endpoints."""
    for sim in SIMS:
        request = urllib.request.Request(
            sim + "/admin/config", json.dumps(change).encode(), {"content-type": "application/json"})
        urllib.request.urlopen(request).read()


def running():
    """Requests that run or wait at all endpoints."""
    total = 0
    for sim in SIMS:
        for line in urllib.request.urlopen(sim + "/metrics").read().decode().splitlines():
            if line.startswith(("vllm:num_requests_running", "vllm:num_requests_waiting{")):
                total += float(line.rsplit(" ", 1)[1])
    return total


def idle_within(seconds):
    """Whether all endpoints become idle in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if running() == 0:
            return True
        time.sleep(0.05)
    return False


def later(seconds, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


def finish():
    """Prints the table and ends with 1 when a check failed."""
    failed = [result for result in results if result[2] != "pass"]
    print(f"{len(results) - len(failed)} of {len(results)} checks pass")
    path = os.environ.get("LLMD_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            for client, what, state, note in results:
                file.write(f"| {client} | {what} | {state} | {note} |\n")
    raise SystemExit(1 if failed else 0)
