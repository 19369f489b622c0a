package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways with one scheduler, from which one of them is cut off. */
class CutOffGatewayIT {

    private static final Map<String, String> ANY_PORT = Map.of(
            "server.address", "127.0.0.1",
            "server.port", "0",
            "management.server.address", "127.0.0.1",
            "management.server.port", "0",
            "spring.cloud.config.enabled", "false");
    private static final int PLACES = 3;

    @TempDir
    Path folder;

    private final List<VllmSimulator> endpoints = new ArrayList<>();
    private final ServiceContexts scheduler = new ServiceContexts();
    private final ServiceContexts near = new ServiceContexts();
    private final ServiceContexts far = new ServiceContexts();
    private TcpRelay relay;

    @BeforeEach
    void start() throws IOException {
        StringBuilder file = new StringBuilder("endpoints:\n");
        for (int i = 0; i < 2; i++) {
            VllmSimulator endpoint = VllmSimulator.start(SimulatorSettings.builder()
                    .option("host", "127.0.0.1")
                    .option("port", "0")
                    .option("inter-token-latency", "20ms")
                    .build());
            endpoints.add(endpoint);
            file.append("  - {name: sim-%d, address: 127.0.0.1, port: \"%d\"}%n".formatted(i, endpoint.port()));
        }
        Path list = Files.writeString(folder.resolve("endpoints.yaml"), file.toString());
        scheduler.start(
                Role.SCHEDULER,
                with("scheduler.discovery.file", list.toString(), "scheduler.discovery.allow-loopback", "true"),
                Stream.empty());
        relay = new TcpRelay(scheduler.port(Role.SCHEDULER));
        Path keys = Files.writeString(folder.resolve("keys.yaml"), """
                keys:
                  - {id: key-1, sha256: "%s", tenant: team, limits: {concurrent: %d}}
                """.formatted(sha256(RunningSuite.KEY), PLACES));
        startGateway(near, scheduler.port(Role.SCHEDULER), keys);
        startGateway(far, relay.port(), keys);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void startGateway(ServiceContexts gateway, int schedulerPort, Path keys) {
        gateway.start(
                Role.GATEWAY,
                with(
                        "gateway.scheduler.url",
                        "http://127.0.0.1:" + schedulerPort,
                        "gateway.access.keys-file",
                        keys.toString(),
                        "gateway.models.poll-interval",
                        "200ms"),
                Stream.empty());
        await("the gateway serves").atMost(Duration.ofSeconds(30)).until(() -> status(gateway) == 200);
    }

    private static Map<String, String> with(String... pairs) {
        Map<String, String> settings = new HashMap<>(ANY_PORT);
        for (int i = 0; i < pairs.length; i += 2) {
            settings.put(pairs[i], pairs[i + 1]);
        }
        return settings;
    }

    @AfterEach
    void stop() {
        far.close();
        near.close();
        relay.close();
        scheduler.close();
        endpoints.forEach(VllmSimulator::close);
    }

    private static String chat(int tokens, boolean stream) {
        return """
                {"model":"sim-8b","max_tokens":%d,"ignore_eos":true,"stream":%b,"messages":[{"role":"user","content":"x"}]}""".formatted(tokens, stream);
    }

    private static int status(ServiceContexts gateway) throws IOException {
        try (ClientSocket client = new ClientSocket(gateway.port(Role.GATEWAY))) {
            client.send(chat(2, false));
            return Integer.parseInt(client.readAll().substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        }
    }

    @Test
    @Tag("fault-F55")
    void bothGoOnAndEachKeepsItsLimits() throws IOException {
        relay.cut();

        for (int i = 0; i < 30; i++) {
            assertThat(status(far))
                    .as("request %d to the one that is cut off", i)
                    .isEqualTo(200);
            assertThat(status(near)).as("request %d to the other", i).isEqualTo(200);
        }

        List<ClientSocket> streams = new ArrayList<>();
        for (int i = 0; i < PLACES; i++) {
            ClientSocket stream = new ClientSocket(far.port(Role.GATEWAY));
            streams.add(stream);
            stream.send(chat(1_000, true));
            assertThat(stream.readUntil("\"content\":\"")).isTrue();
        }
        assertThat(status(far)).as("no place of the key is left there").isEqualTo(429);
        assertThat(status(near)).isEqualTo(200);
        for (ClientSocket stream : streams) {
            stream.close();
        }

        relay.restore();
        await("places are given back, and it is heard again")
                .atMost(Duration.ofSeconds(20))
                .until(() -> status(far) == 200 && relay.connections() > 0);
    }
}
