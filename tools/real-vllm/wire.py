"""One HTTP exchange over a plain socket, so that status line, headers and body bytes are kept as they came."""

import base64
import json
import socket


class Answer:
    """A response; `body` has the chunked coding removed, `chunk_sizes` says how it was cut (None if it was not chunked)."""

    def __init__(self, status, reason, headers, body, chunk_sizes, complete):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.chunk_sizes = chunk_sizes
        self.complete = complete

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)


class Wire:
    """Sends requests to one server and remembers every exchange in the form of the golden files."""

    def __init__(self, port, timeout=120.0, exchanges=None):
        self.port = port
        self.timeout = timeout
        self.exchanges = [] if exchanges is None else exchanges

    def send(self, name, method, path, body=None, headers=None, raw=None):
        """Sends `body` as JSON, or `raw` as it is, and records the exchange under `name` unless that is None."""
        payload = raw if raw is not None else (None if body is None else json.dumps(body, ensure_ascii=False))
        sent = dict(headers or {})
        if payload is not None and not any(key.lower() == "content-type" for key in sent):
            sent["Content-Type"] = "application/json"
        sent = {key: value for key, value in sent.items() if value is not None}
        answer = self._exchange(method, path, sent, payload.encode() if payload is not None else None)
        if name is not None:
            self.exchanges.append(_golden(name, method, path, sent, payload, answer))
        return answer

    def keep_shape(self, depth):
        """Keeps of the last answer's JSON body only keys and types down to `depth`: values tell of the machine that recorded."""
        response = self.exchanges[-1]["response"]
        response["bodyShape"] = _shape(json.loads(response.pop("body")), depth)

    def keep_lines(self, *prefixes, without=()):
        """Keeps of the last answer's body only the lines that begin with one of the prefixes."""
        response = self.exchanges[-1]["response"]
        kept = [line for line in response.pop("body").splitlines() if line.startswith(prefixes)]
        response["bodyLines"] = [line for line in kept if not any(part in line for part in without)]

    def keep_values(self, *prefixes):
        """The same for an exposition, buckets and birth times left out."""
        self.keep_lines(*prefixes, without=("_bucket{", "_created"))

    def _exchange(self, method, path, headers, payload):
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        if payload is not None:
            lines.append(f"Content-Length: {len(payload)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.port), self.timeout) as connection:
            connection.settimeout(self.timeout)
            connection.sendall(head + (payload or b""))
            return _read(connection.makefile("rb"), method)


def _read(stream, method):
    _, status, reason = stream.readline().decode("latin-1").rstrip("\r\n").split(" ", 2)
    headers = []
    while (line := stream.readline().decode("latin-1").rstrip("\r\n")) != "":
        key, value = line.split(":", 1)
        headers.append([key, value.strip()])
    values = {key.lower(): value for key, value in headers}
    if values.get("transfer-encoding") == "chunked":
        body, sizes, complete = _read_chunks(stream)
    else:
        length = 0 if method == "HEAD" else int(values.get("content-length", "0"))
        body, sizes = stream.read(length), None
        complete = len(body) == length
    return Answer(int(status), reason, headers, body, sizes, complete)


def _read_chunks(stream):
    body, sizes = b"", []
    while True:
        line = stream.readline()
        if not line:
            return body, sizes, False
        size = int(line, 16)
        data = stream.read(size)
        stream.readline()
        if size == 0:
            return body, sizes, True
        body += data
        sizes.append(size)


def _shape(value, depth):
    if isinstance(value, dict) and depth > 0:
        return {key: _shape(item, depth - 1) for key, item in value.items()}
    return {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")


def _golden(name, method, path, headers, payload, answer):
    request = {"method": method, "path": path, "headers": headers}
    if payload is not None:
        request["body"] = payload
    response = {"status": answer.status, "reason": answer.reason, "headers": [header for header in answer.headers if header[0] != "date"]}
    try:
        response["body"] = answer.body.decode("utf-8")
    except UnicodeDecodeError:
        response["bodyBase64"] = base64.b64encode(answer.body).decode()
    if answer.chunk_sizes is not None:
        response["chunkSizes"] = answer.chunk_sizes
    if not answer.complete:
        response["complete"] = False
    return {"name": name, "request": request, "response": response}
