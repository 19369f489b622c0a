#!/usr/bin/env python3
"""Frames of gRPC for one question to an external scaler of KEDA, sent by curl.

keda.py ask NAME NAMESPACE VARIANT   writes a request for GetMetrics
keda.py read                         reads its answer, prints the number
"""

import struct
import sys


def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload


def ask(name, namespace, variant):
    """A GetMetricsRequest about a ScaledObject whose trigger names a variant; no field is longer than 127 bytes."""
    entry = field(1, b"variant") + field(2, variant.encode())
    reference = field(1, name.encode()) + field(2, namespace.encode()) + field(3, entry)
    message = field(1, reference) + field(2, b"replicas")
    return struct.pack(">BI", 0, len(message)) + message


def fields(message):
    """Number and value of each field, of those kinds that an answer has."""
    at = 0
    while at < len(message):
        number, kind = message[at] >> 3, message[at] & 7
        at += 1
        if kind == 1:
            value, at = struct.unpack("<d", message[at:at + 8])[0], at + 8
        else:
            value = shift = 0
            while True:
                byte = message[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            if kind == 2:
                value, at = message[at:at + value], at + value
        yield number, value


def read(frame):
    metrics = [dict(fields(value)) for number, value in fields(frame[5:]) if number == 1]
    return f"{metrics[0][1].decode()} {metrics[0][2]}"


if sys.argv[1] == "ask":
    sys.stdout.buffer.write(ask(*sys.argv[2:]))
else:
    print(read(sys.stdin.buffer.read()))
