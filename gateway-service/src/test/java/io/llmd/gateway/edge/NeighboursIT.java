package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.KEY;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands beside the inference routes: routes of Spring Cloud Gateway, pages, management, keys, shutdown. */
class NeighboursIT {

    private static final String GET = "GET %s HTTP/1.1\r\nhost: x\r\n" + AUTH + "\r\n\r\n";

    @Test
    void routesOfSpringCloudGatewayShareThePortAndTheConnection() {
        try (FakeModelServer files = FakeModelServer.start();
                GatewayFixture gateway = new GatewayFixture(
                        1,
                        "spring.cloud.gateway.server.webflux.routes[0].id=files",
                        "spring.cloud.gateway.server.webflux.routes[0].uri=http://" + files.hostPort(),
                        "spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/v1/files/**")) {
            files.always(Reply.json(200, "{\"files\":[]}").delay(Duration.ofMillis(50)));
            gateway.endpoint().always(Reply.chat("model").delay(Duration.ofMillis(50)));
            try (RawClient client = gateway.connect()) {
                String chat = RawClient.post(CHAT, BODY, AUTH);
                String upload = RawClient.post("/v1/files/a", "x".repeat(100_000), AUTH);
                client.send(GET.formatted("/v1/files/a") + chat + upload + chat + GET.formatted("/v1/files/b"));

                assertThat(client.receive().body()).contains("files");
                assertThat(client.receive().body()).contains("model");
                assertThat(client.receive().body()).contains("files");
                assertThat(client.receive().body()).contains("model");
                assertThat(client.receive().body()).contains("files");
            }
            assertThat(files.requests().get(1).body()).hasSize(100_000);
            gateway.awaitQuiet();
        }
    }

    @Test
    void headersThatClientsMustNotSetDoNotReachOtherRoutesEither() {
        try (FakeModelServer files = FakeModelServer.start();
                GatewayFixture gateway = new GatewayFixture(
                        1,
                        "spring.cloud.gateway.server.webflux.routes[0].id=files",
                        "spring.cloud.gateway.server.webflux.routes[0].uri=http://" + files.hostPort(),
                        "spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/v1/files/**");
                RawClient client = gateway.connect()) {
            files.always(Reply.json(200, "{}"));

            client.send(RawClient.post(
                            "/v1/files/a",
                            "{}",
                            AUTH,
                            "X-LLMD-Tenant: 169.254.169.254",
                            "x_llmd_key_id: 169.254.169.254",
                            "x-gateway-destination-endpoint: 169.254.169.254:80",
                            "x-forwarded-for: 169.254.169.254",
                            "x-own: kept"))
                    .receive();

            assertThat(files.lastRequest().headers())
                    .noneMatch(header -> header.getValue().contains("169.254"));
            assertThat(files.lastRequest().header("x-own")).contains("kept");
        }
    }

    @Test
    void otherPathsOfTheApiNeedAKeyToo() {
        try (FakeModelServer files = FakeModelServer.start();
                GatewayFixture gateway = new GatewayFixture(
                        1,
                        "spring.cloud.gateway.server.webflux.routes[0].id=files",
                        "spring.cloud.gateway.server.webflux.routes[0].uri=http://" + files.hostPort(),
                        "spring.cloud.gateway.server.webflux.routes[0].predicates[0]=Path=/v1/files/**");
                RawClient client = gateway.connect()) {
            files.always(Reply.json(200, "{}"));

            client.send(RawClient.post("/v1/files/a", "{}"));

            assertThat(client.receive().status()).isEqualTo(401);
            assertThat(files.requests()).isEmpty();
        }
    }

    @Test
    void guessingKeysThroughAProxyShutsOutTheGuesserOnly() {
        try (GatewayFixture gateway = new GatewayFixture(
                        1, "gateway.access.trusted-proxies=127.0.0.1,::1", "gateway.limits.connections-per-address=1");
                RawClient other = gateway.connect();
                RawClient client = gateway.connect()) {
            for (int i = 0; i < 20; i++) {
                String guess = RawClient.post(
                        CHAT,
                        BODY,
                        "authorization: Bearer wrong",
                        "x-forwarded-for: 198.51.100." + i + ", 203.0.113.7");
                assertThat(client.send(guess).receive().status()).isEqualTo(401);
            }

            assertThat(client.send(RawClient.post(CHAT, BODY, AUTH, "x-forwarded-for: 203.0.113.7"))
                            .receive()
                            .status())
                    .isEqualTo(429);
            assertThat(other.send(RawClient.post(CHAT, BODY, AUTH, "x-forwarded-for: 203.0.113.8"))
                            .receive()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void pagesAndManagementAreWhereTheyBelong() {
        try (GatewayFixture gateway = new GatewayFixture(1);
                RawClient client = gateway.connect();
                RawClient management = RawClient.connect(gateway.managementPort())) {
            assertThat(client.send(GET.formatted("/docs")).receive().body()).contains("swagger-ui-bundle.js");
            assertThat(client.send(GET.formatted("/docs/openapi.yaml"))
                            .receive()
                            .body())
                    .contains("openapi:", "/chat/completions");
            String script = client.send(GET.formatted("/docs"))
                    .receive()
                    .body()
                    .replaceAll("(?s).*src=\"(/webjars[^\"]*)\".*", "$1");
            assertThat(client.send(GET.formatted(script)).receive().status()).isEqualTo(200);
            assertThat(client.send(GET.formatted("/actuator/env")).receive().status())
                    .isEqualTo(404);

            assertThat(client.send(RawClient.post("/nothing", BODY)).receive().body())
                    .contains("unknown_url");
            assertThat(client.send(GET.formatted("/docs")).receive().status()).isEqualTo(200);

            assertThat(management
                            .send(GET.formatted("/actuator/health/readiness"))
                            .receive()
                            .status())
                    .isEqualTo(200);
            assertThat(management.send(GET.formatted("/actuator/env")).receive().status())
                    .isEqualTo(404);
            try (RawClient another = RawClient.connect(gateway.managementPort())) {
                assertThat(another.send(RawClient.post(CHAT, BODY, AUTH))
                                .receive()
                                .status())
                        .isEqualTo(404);
            }
        }
    }

    @Test
    void limitsInForceAreShownWithoutSecretsOrFiles() {
        try (GatewayFixture gateway = new GatewayFixture(
                        0, "gateway.limits.headers=77", "gateway.access.tenant-limits.tokens-per-minute=600000");
                RawClient management = RawClient.connect(gateway.managementPort())) {
            RawClient.Answer answer =
                    management.send(GET.formatted("/actuator/limits")).receive();

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body())
                    .contains("\"gateway.limits.headers\":77")
                    .contains("\"gateway.limits.body\":\"33554432B\"")
                    .contains("\"gateway.access.key-limits.concurrent\":64")
                    .contains("\"gateway.access.tenant-limits.tokens-per-minute\":600000")
                    .contains("\"gateway.timeouts.queue\":\"PT2M5S\"")
                    .doesNotContain(KEY);
            assertThat(status(gateway.port(), GET.formatted("/actuator/limits")))
                    .isEqualTo(404);
        }
    }

    @Test
    @Tag("bad-input-B101")
    @Tag("bad-input-B102")
    void managementShowsHealthInfoLimitsAndMetersOnly() {
        List<String> hidden = List.of(
                "/actuator/env",
                "/actuator/heapdump",
                "/actuator/gateway/routes",
                "/actuator/refresh",
                "/actuator/shutdown",
                "/actuator/loggers",
                "/actuator/threaddump",
                "/actuator/configprops",
                "/actuator/mappings",
                "/actuator/beans",
                "/actuator/health/..;/env");
        try (GatewayFixture gateway = new GatewayFixture(0)) {
            for (int port : new int[] {gateway.port(), gateway.managementPort()}) {
                for (String path : hidden) {
                    assertThat(status(port, GET.formatted(path)))
                            .as("%s with a key", path)
                            .isEqualTo(404);
                    assertThat(status(port, GET.formatted(path).replace(AUTH, "x-a: 1")))
                            .as("%s without one", path)
                            .isEqualTo(404);
                }
            }
            assertThat(status(gateway.managementPort(), RawClient.post("/actuator/health", "{}")))
                    .isEqualTo(405);
            assertThat(status(gateway.managementPort(), GET.formatted("/actuator/prometheus")))
                    .isEqualTo(200);
        }
    }

    private static int status(int port, String request) {
        try (RawClient client = RawClient.connect(port)) {
            return client.send(request).receive().status();
        }
    }

    @Test
    @Tag("bad-input-B45")
    void aModelThatTheKeyMayNotUseLooksLikeNone(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("keys.yaml");
        Files.writeString(file, keys("sk-one") + "    models: [other]\n");
        try (GatewayFixture gateway = new GatewayFixture(1, "gateway.access.keys-file=" + file);
                RawClient client = gateway.connect()) {
            RawClient.Answer forbidden = client.send(RawClient.post(CHAT, BODY, "authorization: Bearer sk-one"))
                    .receive();
            RawClient.Answer unknown = client.send(RawClient.post(CHAT, BODY.replace("sim-8b", "sim-9b"), AUTH))
                    .receive();

            assertThat(forbidden.status()).isEqualTo(404);
            assertThat(unknown.status()).isEqualTo(404);
            assertThat(forbidden.body()).isEqualTo(unknown.body().replace("sim-9b", "sim-8b"));
            assertThat(forbidden.headers().keySet()).isEqualTo(unknown.headers().keySet());
            assertThat(gateway.endpoint().requests()).isEmpty();
        }
    }

    @Test
    void withoutAnyEndpointRequestsAre503() {
        try (GatewayFixture gateway = new GatewayFixture(0)) {
            RawClient.Answer answer = gateway.chat();

            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("retry-after")).isEqualTo("1");
            assertThat(answer.header("x-llm-d-request-dropped-reason")).isEqualTo("rejected-no-endpoints");
        }
    }

    @Test
    void theSchedulerHearsOfTheKeysPriority(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("keys.yaml");
        Files.writeString(file, keys("sk-one") + "    priority: -2\n");
        try (GatewayFixture gateway = new GatewayFixture(1, "gateway.access.keys-file=" + file);
                RawClient client = gateway.connect()) {
            assertThat(status(client, "sk-one")).isEqualTo(200);
            assertThat(gateway.scheduler().headers().getLast())
                    .containsEntry("x-llmd-tenant", "t1")
                    .containsEntry("x-llmd-priority", "-2");
        }
    }

    @Test
    void keysAreReloadedAndABrokenFileKeepsTheKeysBefore(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("keys.yaml");
        Files.writeString(file, keys("sk-one"));
        try (GatewayFixture gateway = new GatewayFixture(
                        1, "gateway.access.keys-file=" + file, "gateway.access.reload-interval=50ms");
                RawClient client = gateway.connect()) {
            assertThat(status(client, "sk-one")).isEqualTo(200);

            Files.writeString(file, keys("sk-two"));
            await("new key in force").until(() -> status(client, "sk-two") == 200);
            assertThat(status(client, "sk-one")).isEqualTo(401);

            Files.writeString(file, "keys: [broken");
            await("file was looked at")
                    .pollDelay(Duration.ofMillis(200))
                    .untilAsserted(() -> assertThat(status(client, "sk-two")).isEqualTo(200));
        }
    }

    @Test
    void theSeriesOfATenantGoWithItsLastKey(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("keys.yaml");
        Files.writeString(file, keys("sk-one"));
        try (GatewayFixture gateway = new GatewayFixture(
                        1, "gateway.access.keys-file=" + file, "gateway.access.reload-interval=50ms");
                RawClient client = gateway.connect()) {
            assertThat(status(client, "sk-one")).isEqualTo(200);
            await("counted").until(() -> hasSeriesOf(gateway, "t1"));

            Files.writeString(file, keys("sk-one").replace("t1", "t2"));
            await("gone").until(() -> !hasSeriesOf(gateway, "t1"));

            assertThat(status(client, "sk-one")).isEqualTo(200);
            await("the new one is counted").until(() -> hasSeriesOf(gateway, "t2"));
        }
    }

    private static boolean hasSeriesOf(GatewayFixture gateway, String tenant) {
        return gateway.meters()
                        .find("gateway.tenant.tokens")
                        .tag("tenant", tenant)
                        .counter()
                != null;
    }

    private static int status(RawClient client, String key) {
        return client.send(RawClient.post(CHAT, BODY, "authorization: Bearer " + key))
                .receive()
                .status();
    }

    private static String keys(String secret) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        return "keys:\n  - id: k1\n    sha256: " + HexFormat.of().formatHex(hash) + "\n    tenant: t1\n";
    }

    @Test
    void modelsOfAllEndpointsAreMergedAndALostModelIsUnavailableNotUnknown() {
        try (GatewayFixture gateway = new GatewayFixture(2)) {
            gateway.endpoint(1).models("sim-8b", "sim-70b");
            await("merged").until(() -> gateway.models().models().find("sim-70b") != null);
            gateway.endpoint(1).models("sim-8b");
            await("lost").until(() -> gateway.models().models().find("sim-70b") == null);

            assertThat(gateway.models().knows("sim-70b")).isTrue();
            assertThat(gateway.models().contextTokens("sim-8b")).isEqualTo(8192);
        }
    }

    @Test
    void shutdownLetsAStreamEndAndRefusesNewRequests() throws Exception {
        GatewayFixture gateway = new GatewayFixture(1, "gateway.drain.timeout=5s");
        gateway.endpoint().script(Reply.stream(20).gap(Duration.ofMillis(50)));
        try (RawClient running = gateway.connect();
                RawClient late = gateway.connect()) {
            running.send(RawClient.post(CHAT, STREAM, AUTH));
            await("stream under way").until(() -> !gateway.endpoint().requests().isEmpty());
            Thread stopper = Thread.ofPlatform().start(gateway.context()::close);
            await("draining")
                    .until(() ->
                            gateway.context().getBean(ActiveExchanges.class).isDraining());

            assertThat(late.send(RawClient.post(CHAT, BODY, AUTH)).receive().body())
                    .contains("shutting_down");
            assertThat(running.receive().body()).endsWith("data: [DONE]\n\n");
            stopper.join();
            assertThat(gateway.scheduler().waitsForReports()).isEqualTo(1);
        } finally {
            gateway.close();
        }
    }

    @Test
    void endOfTheDrainTimeEndsStreamsWithAnErrorEvent() throws Exception {
        GatewayFixture gateway = new GatewayFixture(1, "gateway.drain.timeout=200ms");
        gateway.endpoint().script(Reply.stream(2_000).gap(Duration.ofMillis(20)));
        try (RawClient running = gateway.connect()) {
            running.send(RawClient.post(CHAT, STREAM, AUTH));
            running.receiveHead();
            Thread stopper = Thread.ofPlatform().start(gateway.context()::close);

            StringBuilder rest = new StringBuilder();
            for (String line = running.line(); !line.equals("0"); line = running.line()) {
                rest.append(line);
            }
            assertThat(rest).contains("shutting_down").doesNotContain("[DONE]");
            stopper.join();
        } finally {
            gateway.close();
        }
    }
}
