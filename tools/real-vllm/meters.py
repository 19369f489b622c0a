"""Samples of a Prometheus page."""

import re
import time

SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Meters:
    """What a page said; a difference of two has what was added between them."""

    def __init__(self, samples):
        self.samples = samples

    @staticmethod
    def read(wire, path="/metrics"):
        page = wire.send(None, "GET", path)
        samples = {}
        for line in page.body.decode().splitlines():
            found = SAMPLE.fullmatch(line) if not line.startswith("#") else None
            if found:
                name, labels, value = found.groups()
                samples[(name, frozenset(LABEL.findall(labels or "")))] = float(value)
        return Meters(samples)

    @staticmethod
    def settled(wire, path="/metrics", quiet=1.0, limit=20.0):
        """The page once it has not changed for `quiet` seconds: vLLM counts a transfer with a later step of the engine."""
        deadline = time.monotonic() + limit
        last, since = Meters.read(wire, path), time.monotonic()
        while time.monotonic() < min(since + quiet, deadline):
            time.sleep(0.2)
            now = Meters.read(wire, path)
            if now.counted() != last.counted():
                last, since = now, time.monotonic()
        return last

    def counted(self):
        return {key: value for key, value in self.samples.items() if key[0].startswith("vllm:")}

    def value(self, name, **labels):
        """Sum of the samples of a name that have these labels; 0 if there are none."""
        wanted = set(labels.items())
        return sum(value for (known, has), value in self.samples.items() if known == name and wanted <= has)

    def __sub__(self, earlier):
        return Meters({key: value - earlier.samples.get(key, 0.0) for key, value in self.samples.items()})
