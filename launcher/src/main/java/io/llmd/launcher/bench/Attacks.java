package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What is tried. Each attempt is bounded in time and number. */
final class Attacks {

    private static final String METADATA = "169.254.169.254:80";
    private static final List<String> SPOOFED = List.of(
            "x-gateway-destination-endpoint",
            "x-gateway-destination-endpoint-subset",
            "x-gateway-destination-endpoint-served",
            "x-gateway-destination-endpoint-scores",
            "x-prefiller-host-port",
            "x-prefiller-url",
            "x-encoder-hosts-ports",
            "x-data-parallel-host-port",
            "x-data-parallel-rank",
            "x-kv-cache-source-host-port",
            "epp-profile",
            "test-epp-endpoint-selection",
            "x-llm-d-inference-objective",
            "x-llm-d-inference-fairness-id",
            "x-llm-d-model-name-rewrite",
            "x-llmd-tenant",
            "x-llmd-key-id",
            "x-llmd-priority",
            "x-envoy-original-path",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-real-ip",
            "forwarded");
    private static final List<String> ACTUATORS = List.of(
            "env",
            "heapdump",
            "threaddump",
            "gateway",
            "gateway/routes",
            "refresh",
            "shutdown",
            "loggers",
            "configprops",
            "mappings",
            "beans",
            "jolokia",
            "logfile",
            "sessions");
    private static final int SLOW_CLIENTS = 200;
    private static final int RESETS = 1_000;
    private static final int GUESSES = 25;

    private Attacks() {}

    static List<Attack> all() {
        List<Attack> all = new ArrayList<>();
        headers(all);
        addresses(all);
        smuggling(all);
        bodies(all);
        keys(all);
        management(all);
        floods(all);
        tenants(all);
        all.add(new Attack("after all", "a good request", "200", Attacks::goodRequest));
        all.add(new Attack(
                "after all",
                "buffers that leaked, errors in the log",
                "0, 0",
                target -> target.process().logged("LEAK:") + ", "
                        + target.process().logged(" ERROR ")));
        return all;
    }

    private static String goodRequest(AttackTarget target) throws IOException {
        return Integer.toString(
                target.chat(target.ours(), AttackTarget.body("hi")).status());
    }

    // ---- headers

    private static void headers(List<Attack> all) {
        for (String header : SPOOFED) {
            all.add(new Attack(
                    "headers", header + ": " + METADATA, "200, not forwarded, not in the decision", target -> {
                        AttackAnswer answer =
                                target.chat(target.ours(), AttackTarget.body("hi"), header + ": " + METADATA);
                        return answer.status() + ", "
                                + (target.forwarded().getLast().headers().values().stream()
                                                .anyMatch(value -> value.contains("169.254"))
                                        ? "forwarded, "
                                        : "not forwarded, ")
                                + inDecision(target, answer);
                    }));
        }
        all.add(new Attack("headers", "connection: authorization", "200, key not forwarded", target -> {
            AttackAnswer answer = target.chat(target.ours(), AttackTarget.body("hi"), "connection: authorization");
            return answer.status() + ", key "
                    + (target.forwarded().getLast().headers().toString().contains(target.ours()) ? "" : "not ")
                    + "forwarded";
        }));
        all.add(new Attack(
                "headers",
                "two authorization headers",
                "400 invalid_http",
                target -> target.chat(target.ours(), AttackTarget.body("hi"), "authorization: Bearer x")
                        .statusAndCode()));
        all.add(new Attack(
                "headers", "a page of another site asks before a request", "403, no CORS headers", target -> {
                    AttackAnswer answer = target.send(
                            target.port(),
                            "OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: x\r\norigin: https://evil.example\r\n"
                                    + "access-control-request-method: POST\r\n\r\n");
                    return answer.status() + ", " + (answer.hasHeader("access-control-allow-origin") ? "" : "no ")
                            + "CORS headers";
                }));
    }

    /** What the scheduler was told of a request, which the endpoint does not see. */
    private static String inDecision(AttackTarget target, AttackAnswer answer) throws IOException {
        AttackAnswer decision = target.get(target.schedulerPort(), "/v1/decisions/" + answer.header("x-request-id"));
        if (decision.status() != 200) {
            return "no decision";
        }
        return decision.text().contains("169.254") ? "in the decision" : "not in the decision";
    }

    // ---- addresses

    private static void addresses(List<Attack> all) {
        for (String url : List.of(
                "http://127.0.0.1/x.png",
                "https://127.0.0.1/x.png",
                "http://169.254.169.254/latest/meta-data/",
                "https://[::1]/x.png",
                "https://2130706433/x.png",
                "https://0x7f.1/x.png",
                "https://localhost/x.png",
                "https://10.0.0.1/x.png",
                "file:///etc/passwd",
                "gopher://127.0.0.1:6379/_")) {
            String body = "{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                    + "\"image_url\":{\"url\":\"" + url + "\"}}]}]}";
            all.add(new Attack(
                    "addresses",
                    "image at " + url,
                    "400 unsupported_value",
                    target -> target.chat(target.ours(), body).statusAndCode()));
        }
        all.add(new Attack("addresses", "kv_transfer_params with a host", "200, not forwarded", target -> {
            String body =
                    "{\"model\":\"sim-8b\",\"max_tokens\":1,\"kv_transfer_params\":{\"remote_host\":\"169.254.169.254\","
                            + "\"remote_port\":80},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
            AttackAnswer answer = target.chat(target.ours(), body);
            return answer.status() + ", " + (target.forwarded().getLast().body().contains("169.254") ? "" : "not ")
                    + "forwarded";
        }));
    }

    // ---- smuggling

    private static void smuggling(List<Attack> all) {
        smuggled(
                all,
                "content-length and transfer-encoding",
                "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
        smuggled(all, "two lengths", "content-length: 4\r\ncontent-length: 40\r\n\r\nabcd");
        smuggled(all, "equal lengths twice", "content-length: 4\r\ncontent-length: 4\r\n\r\nabcd");
        smuggled(all, "signed length", "content-length: +4\r\n\r\nabcd");
        smuggled(all, "unknown coding", "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n");
        smuggled(all, "chunked, identity", "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n");
        smuggled(all, "tab before the coding's end", "transfer-encoding: chunked\t\u000b\r\n\r\n0\r\n\r\n");
        smuggled(all, "folded header", "x: a\r\n b\r\ncontent-length: 4\r\n\r\nabcd");
        smuggled(all, "space before a colon", "content-length : 4\r\n\r\nabcd");
        smuggled(all, "chunk with a bare line feed", "transfer-encoding: chunked\r\n\r\n4;a\nabcd\r\n0\r\n\r\n");
        smuggled(
                all,
                "line break in a quoted extension",
                "transfer-encoding: chunked\r\n\r\n4;a=\"\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\"\r\nabcd\r\n0\r\n\r\n");
        smuggled(all, "negative chunk", "transfer-encoding: chunked\r\n\r\n-1\r\nabcd\r\n0\r\n\r\n");
        smuggled(all, "endless chunk size", "transfer-encoding: chunked\r\n\r\n" + "f".repeat(17) + "\r\nabcd\r\n");
        all.add(new Attack(
                "smuggling",
                "no host",
                "400, closed",
                target -> closed(target.send(
                        target.port(), "POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 0\r\n\r\n"))));
        for (String path : List.of(
                "/v1/../actuator/env",
                "//v1/chat/completions",
                "/v1/%2e%2e/actuator/env",
                "/v1/chat/completions;x=1")) {
            all.add(new Attack(
                    "smuggling",
                    "path " + path,
                    "404 unknown_url",
                    target -> target.get(target.port(), path, "authorization: Bearer " + target.ours())
                            .statusAndCode()));
        }
    }

    private static void smuggled(List<Attack> all, String name, String rest) {
        all.add(new Attack("smuggling", name, "400, closed, nothing forwarded", target -> {
            int before = target.forwarded().size();
            AttackAnswer answer = target.send(
                    target.port(),
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                            + "authorization: Bearer " + target.ours() + "\r\n" + rest);
            return closed(answer) + (target.forwarded().size() == before ? ", nothing" : ", something") + " forwarded";
        }));
    }

    private static String closed(AttackAnswer answer) {
        return answer.status() + (answer.isClosed() ? ", closed" : ", open");
    }

    // ---- bodies

    private static void bodies(List<Attack> all) {
        String start = "{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"x\":";
        bomb(all, "100,000 levels", "400 json_limit_exceeded", start + "[".repeat(100_000));
        bomb(
                all,
                "a million members",
                "400 json_limit_exceeded",
                start + "{" + "\"a\":1,".repeat(1_000_001) + "\"a\":1}}");
        bomb(all, "a number of 10,000 digits", "400 json_limit_exceeded", start + "1".repeat(10_000) + "}");
        bomb(all, "a name of 100 KiB", "400 json_limit_exceeded", start + "{\"" + "a".repeat(100 << 10) + "\":1}}");
        bomb(all, "the model twice", "400 duplicate_field", "{\"model\":\"a\"," + start.substring(1) + "1}");
        bomb(
                all,
                "n of a million",
                "400 invalid_value",
                "{\"model\":\"sim-8b\",\"n\":1000000,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        bomb(
                all,
                "an expression of 64 KiB",
                "400 invalid_value",
                "{\"model\":\"sim-8b\",\"structured_outputs\":{\"regex\":\"" + "(a*)*".repeat(13_200)
                        + "\"},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        all.add(new Attack("bodies", "1 GiB announced", "413 payload_too_large, closed", target -> {
            AttackAnswer answer = target.send(
                    target.port(),
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                            + "authorization: Bearer " + target.ours() + "\r\ncontent-length: 1073741824\r\n\r\n");
            return answer.statusAndCode() + (answer.isClosed() ? ", closed" : ", open");
        }));
        all.add(new Attack(
                "bodies",
                "17 KiB of headers",
                "431 headers_too_large",
                target -> target.chat(target.ours(), AttackTarget.body("hi"), "x: " + "a".repeat(17 << 10))
                        .statusAndCode()));
        all.add(new Attack(
                "bodies",
                "a body packed with gzip",
                "415 unsupported_media_type",
                target -> target.chat(target.ours(), AttackTarget.body("hi"), "content-encoding: gzip")
                        .statusAndCode()));
    }

    private static void bomb(List<Attack> all, String name, String expected, String body) {
        all.add(new Attack("bodies", name, expected + ", within a second", target -> {
            long begin = System.nanoTime();
            AttackAnswer answer = target.chat(target.ours(), body);
            // Reading the answer includes half a second in which the connection could be closed.
            boolean isQuick =
                    System.nanoTime() - begin < Duration.ofMillis(1_500).toNanos();
            return answer.statusAndCode() + (isQuick ? ", within a second" : ", later");
        }));
    }

    // ---- keys

    private static void keys(List<Attack> all) {
        all.add(new Attack(
                "keys",
                "no key",
                "401 invalid_api_key",
                target -> target.send(
                                target.port(),
                                target.request("", AttackTarget.body("hi")).replace("authorization: Bearer \r\n", ""))
                        .statusAndCode()));
        all.add(new Attack(
                "keys",
                "a model that nobody has, and one that the key may not use, by their answers",
                "404 model_not_found",
                target -> target.chat(target.ours(), AttackTarget.body("hi").replace("sim-8b", "another-model"))
                        .statusAndCode()));
        all.add(new Attack(
                "keys",
                "a token that says that it needs no signature",
                "401 invalid_api_key",
                target -> target.sendFrom(
                                "127.0.0.3",
                                target.port(),
                                target.request(
                                        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInRlbmFudCI6ImFkbWluIn0.",
                                        AttackTarget.body("hi")))
                        .statusAndCode()));
        all.add(new Attack(
                "keys",
                GUESSES + " wrong keys from one address, then the right one",
                "20 times 401, then 429, and 200 from elsewhere",
                Attacks::guess));
    }

    private static String guess(AttackTarget target) throws IOException {
        int refused = 0;
        for (int i = 0; i < GUESSES; i++) {
            refused += target.sendFrom(
                                            "127.0.0.2",
                                            target.port(),
                                            target.request("sk-guess-" + i, AttackTarget.body("hi")))
                                    .status()
                            == 401
                    ? 1
                    : 0;
        }
        int then = target.sendFrom("127.0.0.2", target.port(), target.request(target.ours(), AttackTarget.body("hi")))
                .status();
        return refused + " times 401, then " + then + ", and " + goodRequest(target) + " from elsewhere";
    }

    // ---- management

    private static void management(List<Attack> all) {
        for (String name : ACTUATORS) {
            all.add(new Attack(
                    "management",
                    "/actuator/" + name + " at both ports",
                    "404, 404",
                    target -> target.get(target.port(), "/actuator/" + name, "authorization: Bearer " + target.ours())
                                    .status()
                            + ", "
                            + target.get(target.managementPort(), "/actuator/" + name)
                                    .status()));
        }
        all.add(new Attack(
                "management",
                "/actuator/health/..;/env",
                "404",
                target -> Integer.toString(target.get(target.managementPort(), "/actuator/health/..;/env")
                        .status())));
        all.add(new Attack(
                "management",
                "POST to health",
                "405",
                target -> Integer.toString(target.send(
                                target.managementPort(),
                                "POST /actuator/health HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
                        .status())));
    }

    // ---- floods

    private static void floods(List<Attack> all) {
        all.add(new Attack("floods", "HTTP/2 without asking", "closed, no stream", target -> {
            AttackAnswer answer = target.send(target.port(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
            return (answer.isClosed() ? "closed" : "open") + (answer.status() == 200 ? ", served" : ", no stream");
        }));
        all.add(new Attack("floods", "an upgrade to HTTP/2", "200, not upgraded", target -> {
            AttackAnswer answer = target.chat(
                    target.ours(),
                    AttackTarget.body("hi"),
                    "connection: upgrade, http2-settings",
                    "upgrade: h2c",
                    "http2-settings: AAMAAABkAAQAAP__");
            return answer.status() + (answer.text().contains(" 101 ") ? ", upgraded" : ", not upgraded");
        }));
        all.add(new Attack(
                "floods",
                String.format("%,d requests whose connections are reset at once", RESETS),
                "nothing under way, and good requests are answered within a second again",
                Attacks::reset));
        all.add(new Attack(
                "floods",
                SLOW_CLIENTS + " clients that send a header byte by byte",
                "all closed in time, good requests meanwhile within a second",
                target -> slow(target, "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx: ")));
        all.add(new Attack(
                "floods",
                SLOW_CLIENTS + " clients that begin a body and stop",
                "all closed in time, good requests meanwhile within a second",
                target -> slow(
                        target,
                        target.request(target.ours(), AttackTarget.body("hi")).split("\"max_tokens")[0])));
    }

    private static String reset(AttackTarget target) throws IOException, InterruptedException {
        String request =
                target.request(target.ours(), AttackTarget.body("hi").replace("\"max_tokens\":1", "\"max_tokens\":4"));
        for (int i = 0; i < RESETS; i++) {
            try (Socket socket = target.connect("127.0.0.1", target.port())) {
                socket.setSoLinger(true, 0);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            }
        }
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        double left = 1;
        boolean isQuick = false;
        // The endpoint of this bench does not notice that its clients have gone, and works off what came through.
        while ((left > 0 || !isQuick) && System.nanoTime() < limit) {
            isQuick = isQuick(target);
            left = new MetersPage(target.get(target.managementPort(), "/actuator/prometheus")
                            .text())
                    .required("gateway_inflight");
        }
        return (left == 0 ? "nothing" : "something") + " under way, and good requests are answered "
                + (isQuick ? "within a second again" : "late");
    }

    private static boolean isQuick(AttackTarget target) throws IOException {
        long begin = System.nanoTime();
        boolean isGood = target.chat(target.ours(), AttackTarget.body("hi")).status() == 200;
        return isGood && System.nanoTime() - begin < Duration.ofMillis(1_500).toNanos();
    }

    private static String slow(AttackTarget target, String beginning) throws IOException, InterruptedException {
        AtomicInteger closed = new AtomicInteger();
        boolean isQuick = true;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < SLOW_CLIENTS; i++) {
                clients.execute(() -> closed.addAndGet(drip(target, beginning) ? 1 : 0));
            }
            for (int i = 0; i < 4; i++) {
                isQuick &= isQuick(target);
            }
        }
        return (closed.get() == SLOW_CLIENTS ? "all" : closed.get() + " of " + SLOW_CLIENTS)
                + " closed in time, good requests meanwhile " + (isQuick ? "within a second" : "later");
    }

    /** Sends the beginning, then a byte now and then if it ends in a header. @return whether it was hung up on in time */
    private static boolean drip(AttackTarget target, String beginning) {
        boolean goesOn = beginning.endsWith(": ");
        try (Socket socket = target.connect("127.0.0.1", target.port())) {
            OutputStream out = socket.getOutputStream();
            out.write(beginning.getBytes(StandardCharsets.UTF_8));
            socket.setSoTimeout(300);
            long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(5L * AttackTarget.PATIENCE_SECONDS);
            while (System.nanoTime() < limit) {
                try {
                    if (socket.getInputStream().read() < 0) {
                        return true;
                    }
                } catch (SocketTimeoutException e) {
                    if (goesOn) {
                        out.write('a');
                    }
                }
            }
            return false;
        } catch (IOException e) {
            // Reset, or the byte could not be written any more.
            return true;
        }
    }

    // ---- tenants

    private static void tenants(List<Attack> all) {
        all.add(new Attack(
                "tenants",
                "cached blocks of another tenant, by their own prompt, by its salt, by a salt of one's own",
                "own prompt again: cached; the same by another tenant: not cached, not cached, not cached",
                Attacks::cached));
        all.add(new Attack("tenants", "a priority in the body and in a header", "200, not forwarded", target -> {
            AttackAnswer answer = target.chat(
                    target.theirs(),
                    AttackTarget.body("hi").replace("\"max_tokens\"", "\"priority\":-1000,\"max_tokens\""),
                    "x-llmd-priority: 1000");
            return answer.status() + ", " + (target.forwarded().getLast().body().contains("priority") ? "" : "not ")
                    + "forwarded";
        }));
    }

    private static String cached(AttackTarget target) throws IOException {
        String secret = AttackTarget.body("a secret that takes some blocks " + "of prompt ".repeat(200));
        cachedTokens(target, target.ours(), secret);
        String own = cachedTokens(target, target.ours(), secret);
        String salt = target.forwarded().getLast().body().replaceAll(".*\"cache_salt\":\"([^\"]+)\".*", "$1");
        List<String> others = List.of(
                cachedTokens(target, target.theirs(), secret),
                cachedTokens(target, target.theirs(), salted(secret, salt)),
                cachedTokens(target, target.theirs(), salted(secret, "mine")));
        return "own prompt again: " + own + "; the same by another tenant: " + String.join(", ", others);
    }

    private static String salted(String body, String salt) {
        return body.replace("\"max_tokens\"", "\"cache_salt\":\"" + salt + "\",\"max_tokens\"");
    }

    private static String cachedTokens(AttackTarget target, String key, String body) throws IOException {
        String text = target.chat(key, body).text();
        String tokens = text.replaceAll("(?s).*\"cached_tokens\":(\\d+).*", "$1");
        return tokens.equals(text) || tokens.equals("0") ? "not cached" : "cached";
    }
}
