"""Records the frames of a real KV event publisher: a scripted sequence of prompts, then the replay protocol."""

import msgspec
import zmq

QUIET_MILLIS = 700
BLOCK = 32


def record(wire, model, publisher_port, replay_port, adapter, full):
    """Runs the sequence, its beginning only unless `full`, and returns what was seen on both sockets, frames in hex."""
    context = zmq.Context()
    subscriber = context.socket(zmq.SUB)
    subscriber.setsockopt(zmq.SUBSCRIBE, b"")
    subscriber.connect(f"tcp://127.0.0.1:{publisher_port}")
    try:
        subscriber.poll(1000)
        steps = [step(wire, model, subscriber) for step in _steps(adapter, full)]
        return {"blockSize": BLOCK, "steps": steps, "replay": _replays(context, replay_port)}
    finally:
        subscriber.close(linger=0)
        context.term()


def _ids(start, count):
    """Token ids without special tokens, different for each start."""
    return [10 + (start * 131 + i * 7) % 900 for i in range(count)]


def _generate(name, ids, max_tokens=1, model=None, **fields):
    def step(wire, served, subscriber):
        body = {"model": model or served, "prompt": ids, "max_tokens": max_tokens, "temperature": 0, "ignore_eos": True,
                "return_token_ids": True, **fields}
        answer = wire.send(None, "POST", "/v1/completions", body)
        seen = {"name": name, "path": "/v1/completions", "body": {key: value for key, value in body.items() if key != "prompt"}, "prompt": ids,
                "status": answer.status}
        if answer.status == 200:
            seen["generated"] = answer.json()["choices"][0].get("token_ids")
            seen["usage"] = answer.json()["usage"]
        else:
            seen["answer"] = answer.body.decode()
        seen["messages"] = _drain(subscriber)
        return seen

    return step


def _call(name, method, path, body=None):
    def step(wire, served, subscriber):
        answer = wire.send(None, method, path, body)
        return {"name": name, "method": method, "path": path, "status": answer.status, "answer": answer.body.decode(), "messages": _drain(subscriber)}

    return step


def _steps(adapter, full):
    shared = _ids(1, 2 * BLOCK)
    first, second = shared + _ids(2, BLOCK + 8), shared + _ids(3, BLOCK + 8)
    aligned = _ids(4, 2 * BLOCK)
    yield _generate("first prompt, three blocks and a rest", first)
    yield _generate("second prompt, shares two blocks", second)
    yield _generate("cache salt", first, cache_salt="salt")
    yield _call("load adapter", "POST", "/v1/load_lora_adapter", {"lora_name": "adapter", "lora_path": adapter})
    yield _generate("adapter", first, model="adapter")
    yield _generate("adapter and salt", first, model="adapter", cache_salt="salt")
    if full:
        yield _generate("first prompt again, nothing new", first)
        yield _generate("less than a block, nothing", _ids(5, BLOCK - 4))
        yield _generate("prompt of exactly two blocks", aligned)
        yield _generate("prompt of exactly two blocks again", aligned)
        yield _generate("decode fills blocks", _ids(6, BLOCK - 2), max_tokens=2 * BLOCK)
        yield _generate("another cache salt", first, cache_salt="pepper")
        yield _generate("session id", _ids(7, BLOCK), session_id="session-1")
        yield _generate("n=2", _ids(8, 2 * BLOCK + 3), n=2, temperature=1, seed=1)
        yield _generate("two prompts in one request", [_ids(10, 2 * BLOCK), _ids(11, BLOCK)])
        yield _generate("the same prompt twice in one request", [_ids(12, 2 * BLOCK), _ids(12, 2 * BLOCK)])
        yield _generate("long prompt in chunks", _ids(9, 20 * BLOCK + 5))
    yield _call("reset of the prefix cache", "POST", "/reset_prefix_cache")
    yield _generate("first prompt after the reset", first)
    if full:
        for i in range(4):
            yield _generate(f"pressure {i}, evicts", _ids(20 + i, 24 * BLOCK))
        yield _generate("first prompt after the pressure", first)
    yield _call("sources", "GET", "/kv_event_sources")


def _drain(subscriber):
    messages = []
    while subscriber.poll(QUIET_MILLIS):
        frames = subscriber.recv_multipart()
        messages.append({"frames": [frame.hex() for frame in frames], "decoded": _readable(msgspec.msgpack.decode(frames[-1]))})
    return messages


def _replays(context, port):
    newest = _replay(context, port, [b"", (0).to_bytes(8, "big")], "from the start")
    return [
        newest,
        _replay(context, port, [b"", (2).to_bytes(8, "big")], "from 2"),
        _replay(context, port, [b"", (1 << 40).to_bytes(8, "big")], "beyond the newest"),
        _replay(context, port, [(0).to_bytes(8, "big")], "without the empty frame"),
    ]


def _replay(context, port, request, name):
    """Frames as a DEALER sees them. Long payloads of batches already recorded live are cut to their length."""
    dealer = context.socket(zmq.DEALER)
    dealer.connect(f"tcp://127.0.0.1:{port}")
    replies = []
    try:
        dealer.send_multipart(request)
        while dealer.poll(2000):
            frames = dealer.recv_multipart()
            replies.append([frame.hex() if len(frame) <= 64 else f"{len(frame)} bytes" for frame in frames])
            if len(frames) >= 2 and (frames[-2] == b"\xff" * 8 or (frames[-1] == b"" and frames[-2] == b"")):
                break
        return {"name": name, "request": [frame.hex() for frame in request], "replies": replies}
    finally:
        dealer.close(linger=0)


def _readable(value):
    """Byte strings as {"bin": hex}; everything else as JSON has it (64-bit hashes stay exact as strings)."""
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return str(value)
    return value
