#!/usr/bin/env python3
"""Metrics pages of one router and some engines, on loopback. The file RATE says how many requests a second come.

metrics_pages.py RATE ROUTER_PORT ENGINE_PORT=KV_FILL ...
"""

import http.server
import sys
import threading
import time


class Arrivals:
    """Requests so far, at the rate that the file says."""

    def __init__(self, file):
        self.file = file
        self.count = 0.0
        self.at = time.monotonic()
        self.lock = threading.Lock()

    def now(self):
        with self.lock:
            with open(self.file, encoding="ascii") as file:
                rate = float(file.read().strip() or 0)
            passed = time.monotonic() - self.at
            self.at += passed
            self.count += rate * passed
            return self.count


def router(arrivals):
    count = arrivals.now()
    labels = 'target_model_name="m",priority="0"'
    lines = [f"llm_d_epp_request_total{{{labels}}} {count:.0f}", f"llm_d_epp_request_running{{{labels}}} 0"]
    for name, tokens in (("input", 1000), ("output", 200)):
        lines.append(f"llm_d_epp_request_{name}_tokens_sum{{{labels}}} {count * tokens:.0f}")
        lines.append(f"llm_d_epp_request_{name}_tokens_count{{{labels}}} {count:.0f}")
    return "\n".join(lines) + "\n"


def engine(fill):
    return (
        "vllm:num_requests_running 1\nvllm:num_requests_waiting 0\n"
        f"vllm:kv_cache_usage_perc {fill}\n"
        'vllm:cache_config_info{num_gpu_blocks="1000",block_size="16"} 1\n'
    )


def serve(port, page):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = page().encode("ascii")
            self.send_response(200)
            self.send_header("content-type", "text/plain")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    arrivals = Arrivals(sys.argv[1])
    serve(int(sys.argv[2]), lambda: router(arrivals))
    for each in sys.argv[3:]:
        port, fill = each.split("=")
        serve(int(port), lambda fill=fill: engine(fill))
    threading.Event().wait()


main()
