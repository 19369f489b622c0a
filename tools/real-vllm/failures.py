"""What becomes of handoffs that are used twice, too late, or after the death of the endpoint that they tell of."""

import concurrent.futures
import json
import socket
import time

from meters import Meters
from pods import LEASE_SECONDS, SEQUENCES, fillers, long_prompt, tokens

SOURCE = "vllm:prompt_tokens_by_source_total"
# What is told of each side, with the meters that say it.
PREFILL_COUNTS = {
    "leases expired": ("vllm:nixl_num_kv_expired_reqs_total", {}),
    "late notices": ("vllm:nixl_num_notifications_after_expiry_total", {}),
}
DECODE_COUNTS = {
    "tokens transferred": (SOURCE, {"source": "external_kv_transfer"}),
    "tokens computed": (SOURCE, {"source": "local_compute"}),
    "bytes read": ("vllm:nixl_bytes_transferred_sum", {}),
    "failed transfers": ("vllm:nixl_num_failed_transfers_total", {}),
}
LONG_ANSWER = 1000


class Observer:
    """Runs one scenario after the other, each with a prompt of its own and cold caches, and notes what the client and the meters say."""

    def __init__(self, prefill, decode, seen):
        self.prefill = prefill
        self.decode = decode
        self.seen = seen

    def note(self, name, target, scenario):
        """`scenario(prompt)` returns an answer of the target, or None if the client left."""
        prompt = long_prompt(name)
        self.decode.forget()
        expected = tokens(self.decode.send(prompt))
        for pod in {self.prefill, self.decode, target}:
            pod.forget()
            pod.step()
        before = [Meters.settled(pod.wire) for pod in (self.prefill, target)]
        answer, seconds = scenario(prompt)
        if self.prefill.runs():
            on_prefill = Meters.settled(self.prefill.wire) - before[0]
        else:
            on_prefill = Meters({})
        on_target = Meters.settled(target.wire) - before[1]
        row = {"status": None, "answer": "client left", "engine": "lives" if target.lives() else "DIED", "seconds": round(seconds, 1)}
        if answer is not None:
            row["status"] = answer.status
            row["answer"] = _answer(answer, expected)
        for counts, meters in ((PREFILL_COUNTS, on_prefill), (DECODE_COUNTS, on_target)):
            for label, (meter, labels) in counts.items():
                row[label] = int(meters.value(meter, **labels))
        self.seen[name] = row
        print(f"{name}: {row}", flush=True)
        if row["engine"] == "DIED":
            target.end()
            target.start()
            target.await_health()


def _answer(answer, expected):
    got = tokens(answer)
    if got is not None:
        return "same" if got == expected else "WRONG"
    text = answer.body.decode()
    if answer.status == 200:
        return "stream ends with " + text.strip().split("\n\n")[-2 if text.rstrip().endswith("[DONE]") else -1][:160]
    return json.loads(text)["error"]["message"][:80]


def _timed(call):
    began = time.monotonic()
    answer = call()
    return answer, time.monotonic() - began


def observe(fleet, prefill, decode, stack, seen):
    """Adds to `seen` what was noted of each scenario."""
    recompute = fleet.pod("decode-recompute", 3, on_load_failure="recompute")
    stack.callback(recompute.end)
    recompute.start()
    recompute.await_health()
    observer = Observer(prefill, decode, seen)
    decode.send(long_prompt("pair"), kv_transfer_params=prefill.prefill(long_prompt("pair")))
    observer.note("first contact of two engines", recompute,
                  lambda prompt: _timed(lambda: recompute.send(prompt, kv_transfer_params=prefill.prefill(prompt))))
    for target, other, policy in ((decode, recompute, "fail"), (recompute, decode, "recompute")):
        _handoffs(observer, prefill, target, other, policy)
    _clients(observer, prefill, decode)
    _deaths(observer, fleet, prefill, decode, recompute, stack)


def _handoffs(observer, prefill, target, other, policy):
    def note(name, scenario):
        observer.note(f"{name} ({policy})", target, scenario)

    def overwrite():
        for request in fillers():
            prefill.send(request, max_tokens=1)

    def decoded(prompt, handoff, **fields):
        return _timed(lambda: target.send(prompt, kv_transfer_params=handoff, **fields))

    def used(prompt):
        handoff = prefill.prefill(prompt)
        other.send(prompt, kv_transfer_params=handoff)
        return handoff

    def used_and_overwritten(prompt):
        handoff = used(prompt)
        overwrite()
        return decoded(prompt, handoff)

    def expired(prompt):
        handoff = prefill.prefill(prompt)
        time.sleep(LEASE_SECONDS + 2)
        prefill.step()
        return handoff

    def expired_and_overwritten(prompt):
        handoff = expired(prompt)
        overwrite()
        return decoded(prompt, handoff)

    def at_once(prompt):
        handoff = prefill.prefill(prompt)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            elsewhere = pool.submit(other.send, prompt, None, kv_transfer_params=handoff)
            answer = decoded(prompt, handoff)
            elsewhere.result()
        return answer

    def dead_address(prompt):
        return decoded(prompt, {**prefill.prefill(prompt), "remote_port": _closed_port(), "remote_engine_id": "unknown"})

    def dead_address_streamed(prompt):
        handoff = {**prefill.prefill(prompt), "remote_port": _closed_port(), "remote_engine_id": "unknown too"}
        return decoded(prompt, handoff, stream=True)

    note("handoff in good order", lambda prompt: decoded(prompt, prefill.prefill(prompt)))
    note("used before by another endpoint", lambda prompt: decoded(prompt, used(prompt)))
    note("used before, and its blocks have others' contents by now", used_and_overwritten)
    note("two endpoints at once", at_once)
    note("lease expired", lambda prompt: decoded(prompt, expired(prompt)))
    note("lease expired, and its blocks have others' contents by now", expired_and_overwritten)
    note("engine unknown, its address dead", dead_address)
    note("engine unknown, its address dead, streamed", dead_address_streamed)


def _clients(observer, prefill, decode):
    """Clients that wait or leave, while all places in the batch are taken."""

    def crowd(pod, pool):
        futures = [pool.submit(pod.send, long_prompt(f"crowd {i}", 20), None, max_tokens=LONG_ANSWER) for i in range(SEQUENCES)]
        while Meters.read(pod.wire).value("vllm:num_requests_running") < SEQUENCES:
            time.sleep(0.05)
        return futures

    def waits_for_a_place(prompt):
        with concurrent.futures.ThreadPoolExecutor(SEQUENCES) as pool:
            crowd(decode, pool)
            return _timed(lambda: decode.send(prompt, kv_transfer_params=prefill.prefill(prompt)))

    def leaves_decode(prompt):
        with concurrent.futures.ThreadPoolExecutor(SEQUENCES) as pool:
            crowd(decode, pool)
            handoff = prefill.prefill(prompt)
            leave = _left(decode, prompt, kv_transfer_params=handoff)
            return None, leave + _until_free(prefill)

    def leaves_prefill(prompt):
        with concurrent.futures.ThreadPoolExecutor(SEQUENCES) as pool:
            running = crowd(prefill, pool)
            _left(prefill, prompt, max_tokens=1, kv_transfer_params={"do_remote_decode": True, "do_remote_prefill": False})
            for future in running:
                future.result()
            return None, _until_free(prefill)

    observer.note("decode waits longer than the lease for a place", decode, waits_for_a_place)
    observer.note("client leaves while decode waits for a place; seconds until prefill is free", decode, leaves_decode)
    observer.note("client leaves while prefill waits for a place; seconds until prefill is free", decode, leaves_prefill)


def _deaths(observer, fleet, prefill, decode, recompute, stack):
    former = "prefill died and was started again, handoff of its former life (fail)"

    def send(target, prompt, handoff):
        return _timed(lambda: target.send(prompt, kv_transfer_params=handoff))

    def dies(prompt):
        handoffs.extend(prefill.prefill(request) for request in (prompt, long_prompt(former)))
        prefill.kill()
        return send(decode, prompt, handoffs[0])

    def dies_again(prompt):
        handoff = again.prefill(prompt)
        again.kill()
        return send(recompute, prompt, handoff)

    handoffs = []
    observer.note("prefill dies between the legs (fail)", decode, dies)
    again = observer.prefill = fleet.pod("prefill-second-life", 1)
    stack.callback(again.end)
    again.start()
    again.await_health()
    observer.note(former, decode, lambda prompt: send(decode, prompt, handoffs[1]))
    observer.note("prefill died and was started again, new handoff (fail)", decode, lambda prompt: send(decode, prompt, again.prefill(prompt)))
    recompute.send(long_prompt("pair again"), kv_transfer_params=again.prefill(long_prompt("pair again")))
    observer.note("prefill dies between the legs (recompute)", recompute, dies_again)


def _left(pod, request, **fields):
    """Sends a request and closes the connection before the answer."""
    path, body = request
    payload = json.dumps({**body, **fields}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{pod.port}\r\nContent-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", pod.port), 10) as connection:
        connection.sendall(head.encode() + payload)
        time.sleep(1)
    return time.monotonic() - began


def _until_free(pod, limit=3 * LEASE_SECONDS):
    began = time.monotonic()
    while pod.held() > 0 and time.monotonic() < began + limit:
        time.sleep(0.1)
    return time.monotonic() - began


def _closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def table(seen):
    columns = list(next(iter(seen.values())))
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
    lines += [f"| {name} | " + " | ".join("-" if row[column] is None else str(row[column]) for column in columns) + " |"
              for name, row in seen.items()]
    return "\n".join(lines)
