package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** A gateway and a scheduler in a process of their own, set up as for strangers, with the keys of two tenants. */
final class AttackTarget implements AutoCloseable {

    /** Time for headers, and between two parts of a body; short, so that a run does not take long. */
    static final int PATIENCE_SECONDS = 2;

    private static final int SCHEDULER = 1;
    private static final int GATEWAY_MANAGEMENT = 1000;
    private static final int SCHEDULER_MANAGEMENT = 1010;
    private static final int GRACE_MILLIS = 500;

    private final OverloadKeys keys = OverloadKeys.generate();
    private final AttackEndpoint endpoint;
    private final SoakPart process;
    private final int port;

    AttackTarget(Path folder) throws IOException {
        endpoint = new AttackEndpoint();
        port = Ports.free(ThreadLocalRandom.current(), List.of(SCHEDULER, GATEWAY_MANAGEMENT, SCHEDULER_MANAGEMENT));
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spring.cloud.config.enabled", "false");
        settings.put("server.address", "127.0.0.1");
        settings.put("management.server.address", "127.0.0.1");
        settings.put("gateway.access.keys-file", keys.write(folder).toString());
        settings.put("gateway.timeouts.header", PATIENCE_SECONDS + "s");
        settings.put("gateway.timeouts.body-gap", PATIENCE_SECONDS + "s");
        settings.put("scheduler.discovery.allow-loopback", "true");
        settings.put("scheduler.discovery.endpoints[0].name", "endpoint");
        settings.put("scheduler.discovery.endpoints[0].address", "127.0.0.1");
        settings.put("scheduler.discovery.endpoints[0].port", Integer.toString(endpoint.port()));
        List<String> arguments = new ArrayList<>(
                List.of("serve", "--roles", "scheduler,gateway", "--port-base", Integer.toString(port)));
        settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        process = new SoakPart(
                "target",
                ChildJvm.command(
                        List.of("-Xmx384m", "-XX:+UseSerialGC", "-Dio.netty.leakDetection.level=paranoid"),
                        "io.llmd.launcher.Llmd",
                        arguments),
                URI.create("http://127.0.0.1:" + (port + GATEWAY_MANAGEMENT) + "/actuator/health/readiness"),
                folder.resolve("target.log"));
    }

    void start() throws IOException, InterruptedException {
        process.start();
        process.awaitReady();
        long limit = System.nanoTime() + 30_000_000_000L;
        while (chat(ours(), body("hi")).status() != 200) {
            if (System.nanoTime() > limit) {
                throw new BenchFailure("target: does not answer a good request");
            }
            Thread.sleep(100);
        }
    }

    int managementPort() {
        return port + GATEWAY_MANAGEMENT;
    }

    int port() {
        return port;
    }

    int schedulerPort() {
        return port + SCHEDULER;
    }

    SoakPart process() {
        return process;
    }

    /** Key of the tenant that is attacked. */
    String ours() {
        return keys.high().secret();
    }

    /** Key of another tenant. */
    String theirs() {
        return keys.low().secret();
    }

    List<AttackEndpoint.Seen> forwarded() {
        return endpoint.seen();
    }

    static String body(String text) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"" + text
                + "\"}]}";
    }

    /** A chat request as it should be, with further headers. */
    String request(String key, String body, String... headers) {
        StringBuilder text = new StringBuilder("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:" + port
                + "\r\ncontent-type: application/json\r\nauthorization: Bearer " + key + "\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return text + "content-length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }

    AttackAnswer chat(String key, String body, String... headers) throws IOException {
        return send(port, request(key, body, headers));
    }

    AttackAnswer get(int at, String path, String... headers) throws IOException {
        StringBuilder text = new StringBuilder("GET " + path + " HTTP/1.1\r\nhost: 127.0.0.1:" + at + "\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return send(at, text + "\r\n");
    }

    /** Sends bytes as they are on a connection of their own. */
    AttackAnswer send(int at, String bytes) throws IOException {
        return sendFrom("127.0.0.1", at, bytes);
    }

    AttackAnswer sendFrom(String address, int at, String bytes) throws IOException {
        try (Socket socket = connect(address, at)) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
            return AttackAnswer.read(socket.getInputStream(), GRACE_MILLIS, socket::setSoTimeout);
        }
    }

    Socket connect(String from, int at) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", at), 5_000);
        return socket;
    }

    @Override
    public void close() {
        process.close();
        endpoint.close();
    }
}
