package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of keys and tenants, and who shares cached blocks, at the gateway's port. */
class LimitsIT {

    private static final int PROMPT_AND_OUTPUT = 12;
    private static final int PROMPT_ESTIMATE = 8;

    @TempDir
    Path folder;

    private static String key(String id, String tenant, String limits) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(secret(id).getBytes(StandardCharsets.UTF_8));
        return "  - id: %s\n    sha256: %s\n    tenant: %s\n"
                        .formatted(id, HexFormat.of().formatHex(hash), tenant)
                + limits;
    }

    private static String secret(String id) {
        return "sk-" + id;
    }

    private GatewayFixture gateway(String keys, String... properties) throws Exception {
        Path file = folder.resolve("keys.yaml");
        Files.writeString(file, keys);
        List<String> all = new ArrayList<>(List.of(properties));
        all.add("gateway.access.keys-file=" + file);
        return new GatewayFixture(1, all.toArray(String[]::new));
    }

    private static RawClient.Answer send(GatewayFixture gateway, String id, String body) {
        try (RawClient client = gateway.connect()) {
            return client.send(RawClient.post(CHAT, body, auth(id))).receive();
        }
    }

    private static String auth(String id) {
        return "authorization: Bearer " + secret(id);
    }

    private static double counted(GatewayFixture gateway, String limit) {
        return gateway.meters()
                .get("gateway.over.limit")
                .tag("limit", limit)
                .counter()
                .count();
    }

    @Test
    void answersTellWhatIsLeftAndWhoAsksTooOftenIsTold() throws Exception {
        String keys = "keys:\n" + key("k", "t", "    limits: {requests-per-minute: 30, tokens-per-minute: 600000}\n");
        try (GatewayFixture gateway = gateway(keys)) {
            RawClient.Answer served = send(gateway, "k", BODY);
            RawClient.Answer refused = send(gateway, "k", BODY);

            assertThat(served.status()).isEqualTo(200);
            assertThat(served.header("x-ratelimit-limit-requests")).isEqualTo("30");
            assertThat(served.header("x-ratelimit-remaining-requests")).isEqualTo("0");
            assertThat(served.header("x-ratelimit-reset-requests")).matches("2s|[01][.]?[0-9]*m?s");
            assertThat(served.header("x-ratelimit-limit-tokens")).isEqualTo("600000");
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.body())
                    .contains("\"code\":\"rate_limit_exceeded\"")
                    .contains("\"type\":\"rate_limit_error\"")
                    .contains("key k: more than 30 requests per minute");
            assertThat(refused.header("x-ratelimit-limit-requests")).isEqualTo("30");
            assertThat(Long.parseLong(refused.header("retry-after-ms"))).isBetween(1L, 2_000L);
            assertThat(gateway.endpoint().requests()).hasSize(1);
            assertThat(counted(gateway, "requests")).isEqualTo(1);
            gateway.awaitQuiet();
        }
    }

    @Test
    void tokensAreReservedBeforeAndSettledByTheUsageOfTheAnswer() throws Exception {
        String keys = "keys:\n" + key("k", "t", "    budget: {tokens: 1000, per: day}\n");
        try (GatewayFixture gateway = gateway(keys)) {
            String large = BODY.replace("{\"model\"", "{\"max_tokens\":900,\"model\"");
            gateway.endpoint().always(Reply.json(200, usage(7, 5)));

            for (int i = 0; i < 8; i++) {
                assertThat(send(gateway, "k", large).status()).isEqualTo(200);
                // The answer is there a moment before the books are closed.
                gateway.awaitQuiet();
            }
            RawClient.Answer refused = send(gateway, "k", large);

            // 96 of 1,000 are used, so that 900 and the prompt no longer fit.
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("x-should-retry")).isEqualTo("false");
            assertThat(refused.header("retry-after")).isNull();
            assertThat(refused.body()).contains("\"type\":\"insufficient_quota\"");
            assertThat(gateway.meters()
                            .get("gateway.tenant.tokens")
                            .tag("tenant", "t")
                            .counter()
                            .count())
                    .isEqualTo(8 * PROMPT_AND_OUTPUT);
            gateway.awaitQuiet();
        }
    }

    private static String usage(int prompt, int output) {
        return """
                {"id":"c","object":"chat.completion","choices":[],
                 "usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}
                """.formatted(prompt, output, prompt + output);
    }

    @Test
    void aStreamThatIsCutCostsItsPromptAndWhatWasSent() throws Exception {
        String keys =
                "keys:\n" + key("k", "t", "") + "tenants:\n  - name: t\n    budget: {tokens: 1000000, per: month}\n";
        try (GatewayFixture gateway = gateway(keys)) {
            gateway.endpoint().script(Reply.stream(10_000).gap(Duration.ofMillis(5)));
            try (RawClient client = gateway.connect()) {
                client.send(RawClient.post(CHAT, STREAM, auth("k"))).receiveHead();
                for (int line = 0; line < 40; line++) {
                    client.line();
                }
                client.reset();
            }
            gateway.awaitQuiet();

            assertThat(gateway.meters()
                            .get("gateway.tenant.tokens")
                            .tag("tenant", "t")
                            .counter()
                            .count())
                    .isGreaterThan(PROMPT_ESTIMATE + 5);
            assertThat(gateway.meters()
                            .get("gateway.tenant.budget.remaining.ratio")
                            .tag("tenant", "t")
                            .gauge()
                            .value())
                    .isLessThan(1)
                    .isGreaterThan(0.99);
        }
    }

    @Test
    void aStreamWithoutUsageCostsWhatWasSent() throws Exception {
        String keys = "keys:\n" + key("k", "t", "");
        String event =
                "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"},\"finish_reason\":null}]}";
        String[] events = new String[51];
        Arrays.fill(events, event);
        events[50] = "[DONE]";
        try (GatewayFixture gateway = gateway(keys)) {
            gateway.endpoint().script(Reply.events(events));

            assertThat(send(gateway, "k", STREAM).body()).contains("[DONE]");
            gateway.awaitQuiet();

            assertThat(gateway.meters()
                            .get("gateway.tenant.tokens")
                            .tag("tenant", "t")
                            .counter()
                            .count())
                    .isEqualTo(PROMPT_ESTIMATE + 50);
        }
    }

    @Test
    void allPromptsOfARequestAreReserved() throws Exception {
        String keys = "keys:\n" + key("k", "t", "    budget: {tokens: 1000, per: day}\n");
        try (GatewayFixture gateway = gateway(keys);
                RawClient client = gateway.connect()) {
            String body = "{\"model\":\"sim-8b\",\"prompt\":[\"a\",\"b\",\"c\"],\"max_tokens\":400}";

            assertThat(client.send(RawClient.post("/v1/completions", body, auth("k")))
                            .receive()
                            .status())
                    .isEqualTo(429);
        }
    }

    @Test
    void aPromptThatAnEndpointWasTooSlowForIsCharged() throws Exception {
        String keys = "keys:\n" + key("k", "t", "");
        try (GatewayFixture gateway =
                gateway(keys, "gateway.timeouts.first-byte=100ms", "gateway.endpoints.max-further=0")) {
            gateway.endpoint().always(Reply.none(Reply.Cut.STALL));

            assertThat(send(gateway, "k", BODY).status()).isEqualTo(504);
            gateway.awaitQuiet();
            assertThat(gateway.meters()
                            .get("gateway.tenant.tokens")
                            .tag("tenant", "t")
                            .counter()
                            .count())
                    .isEqualTo(PROMPT_ESTIMATE);
        }
    }

    @Test
    void requestsThatNoEndpointWorkedForCostNothing() throws Exception {
        String keys = "keys:\n" + key("k", "t", "    budget: {tokens: 2000, per: day}\n");
        try (GatewayFixture gateway = gateway(keys)) {
            gateway.endpoint().always(Reply.error(500, "broken"));
            for (int i = 0; i < 3; i++) {
                assertThat(send(gateway, "k", BODY).status()).isEqualTo(502);
                gateway.reset();
            }
            gateway.endpoint().always(Reply.json(200, usage(7, 5)));

            assertThat(send(gateway, "k", BODY.replace("{\"model\"", "{\"max_tokens\":1990,\"model\""))
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void requestsBeyondThoseAtTheSameTimeAreRefusedUntilOneIsOver() throws Exception {
        String keys = "keys:\n" + key("one", "t", "") + key("other", "t", "")
                + "tenants:\n  - name: t\n    limits: {concurrent: 1}\n";
        try (GatewayFixture gateway = gateway(keys)) {
            gateway.endpoint().script(Reply.stream(400).gap(Duration.ofMillis(5)));
            try (RawClient client = gateway.connect()) {
                client.send(RawClient.post(CHAT, STREAM, auth("one"))).receiveHead();

                RawClient.Answer refused = send(gateway, "other", BODY);
                assertThat(refused.status()).isEqualTo(429);
                assertThat(refused.body()).contains("tenant t: more than 1 requests at the same time");
                client.reset();
            }

            await("the place is free").until(() -> send(gateway, "other", BODY).status() == 200);
        }
    }

    @Test
    void budgetsOutliveTheProcess() throws Exception {
        String keys = "keys:\n" + key("k", "t", "    budget: {tokens: 100, per: month}\n");
        String usageFile = "gateway.access.usage-file=" + folder.resolve("usage.json");
        String body = BODY.replace("{\"model\"", "{\"max_tokens\":50,\"model\"");
        try (GatewayFixture gateway = gateway(keys, usageFile)) {
            gateway.endpoint().always(Reply.json(200, usage(40, 40)));
            assertThat(send(gateway, "k", body).status()).isEqualTo(200);
            gateway.awaitQuiet();
        }

        try (GatewayFixture gateway = gateway(keys, usageFile)) {
            assertThat(send(gateway, "k", body).status()).isEqualTo(429);
        }
    }

    @Test
    @Tag("bad-input-B64")
    void eachTenantHasCachedBlocksOfItsOwnWhateverItWrites() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "0123456789abcdef0123456789abcdef");
        String keys = "keys:\n" + key("a", "t", "") + key("b", "u", "");
        try (GatewayFixture gateway =
                gateway(keys, "gateway.access.cache-isolation=tenant", "gateway.access.cache-secret-file=" + secret)) {
            String salted = BODY.replace("{\"model\"", "{\"cache_salt\":\"mine\",\"model\"");
            List<String> bodies = new ArrayList<>();
            for (String id : List.of("a", "a", "b")) {
                send(gateway, id, BODY);
                bodies.add(gateway.endpoint().lastRequest().text());
                assertThat(gateway.scheduler().bodies().getLast()).isEqualTo(bodies.getLast());
            }
            send(gateway, "b", salted);
            bodies.add(gateway.endpoint().lastRequest().text());

            assertThat(bodies.get(0)).matches("\\{\"cache_salt\":\"[A-Za-z0-9_-]{43}\",\"model\".*");
            assertThat(bodies.get(0)).isEqualTo(bodies.get(1));
            assertThat(bodies.subList(1, 4)).doesNotHaveDuplicates();
            assertThat(bodies.get(3)).doesNotContain("mine");
        }
    }

    @Test
    void shortOfMemoryLargeBodiesAreRefusedFirst() throws Exception {
        String keys = "keys:\n" + key("k", "t", "");
        String large = BODY.replace("\"hi\"", "\"" + "x".repeat(1 << 20) + "\"");
        try (GatewayFixture gateway = gateway(keys, "gateway.limits.memory-high=0")) {
            assertThat(send(gateway, "k", BODY).status()).isEqualTo(200);

            RawClient.Answer refused = send(gateway, "k", large);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("connection")).isEqualTo("close");
            assertThat(refused.header("retry-after")).isEqualTo("1");
        }
    }

    @Test
    void withoutMemoryAllNewRequestsAreRefused() throws Exception {
        try (GatewayFixture gateway = gateway(
                "keys:\n" + key("k", "t", ""), "gateway.limits.memory-high=0", "gateway.limits.memory-critical=0")) {
            assertThat(send(gateway, "k", BODY).status()).isEqualTo(429);
            assertThat(gateway.endpoint().requests()).isEmpty();
        }
    }
}
