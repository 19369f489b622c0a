package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.simulator.fault.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Endpoints for prefill and decode die, stall, refuse and cut connections while a thousand requests are split over them.
 * Endpoints repeat what they are told, so that each answer is known beforehand: the right one, or a failure that says so.
 */
@Timeout(180)
class DisaggChaosIT {

    private static final int REQUESTS = 1000;
    private static final int CLIENTS = 24;
    private static final int PREFILL = 3;
    private static final int DECODE = 3;

    /** Requests that end while one fault is on. */
    private static final int WINDOW = 16;

    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final String FILLER = " says that blocks of keys and values travel from one endpoint to another";
    private static final List<String> PREFILL_FAULTS = List.of(
            "{\"refuse\":{}}",
            "{\"status\":500}",
            "{\"status\":503}",
            "{\"stall_before_head\":{\"for\":\"2s\"}}",
            "{\"reset_after_tokens\":0}",
            "{\"drop_after_tokens\":0}",
            "{\"handoff_absent\":{}}",
            "{\"slow_factor\":20}",
            "{\"die\":\"300ms\"}");
    private static final List<String> DECODE_FAULTS = List.of(
            "{\"refuse\":{}}",
            "{\"status\":500}",
            "{\"status\":503}",
            "{\"stall_before_head\":{\"for\":\"2s\"}}",
            "{\"stall_after_tokens\":{\"tokens\":2,\"for\":\"4s\"}}",
            "{\"reset_after_tokens\":3}",
            "{\"drop_after_tokens\":3}",
            "{\"error_after_tokens\":2}",
            "{\"handoff_read_failure\":{}}",
            "{\"slow_factor\":20}",
            "{\"die\":\"300ms\"}");
    private static final JsonMapper JSON = JsonMapper.shared();

    /** How a request ended for its client. */
    private enum End {
        WHOLE,
        LEFT,
        ERROR_STATUS,
        ERROR_EVENT
    }

    private final AtomicInteger over = new AtomicInteger();
    private RunningSuite suite;

    @Test
    void noAnswerIsWrongOrCutWithoutAWordAndNothingIsLeft() throws Exception {
        try (RunningSuite started = start()) {
            suite = started;
            Map<Integer, String> texts = new TreeMap<>();
            for (int tokens : new int[] {8, 16, 24}) {
                texts.put(
                        tokens,
                        content(suite.chat(body(0, tokens, false)).body()).substring(name(0).length()));
            }
            double splitsBefore = suite.gatewayMeter("gateway_disagg_splits_total");
            Map<End, Integer> streams = new EnumMap<>(End.class);
            Map<End, Integer> wholes = new EnumMap<>(End.class);
            try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
                List<Future<End>> answers = new ArrayList<>();
                for (int i = 1; i <= REQUESTS; i++) {
                    int number = i;
                    answers.add(clients.submit(() -> ask(number, texts)));
                }
                assertThat(doHarm()).isGreaterThan(PREFILL_FAULTS.size() + DECODE_FAULTS.size());
                for (int i = 0; i < REQUESTS; i++) {
                    (isStream(i + 1) ? streams : wholes).merge(answers.get(i).get(), 1, Integer::sum);
                }
            }
            assertThat(streams.get(End.WHOLE)).as("%s", streams).isGreaterThan(400);
            assertThat(wholes.get(End.WHOLE)).as("%s", wholes).isGreaterThan(425);
            assertThat(suite.gatewayMeter("gateway_disagg_splits_total") - splitsBefore)
                    .isGreaterThan(REQUESTS / 2);
            assertNothingIsLeft();
        }
    }

    private static RunningSuite start() {
        return RunningSuite.startSplit(
                PREFILL,
                DECODE,
                settings -> settings.option("mode", "echo")
                        .option("prefill-overhead", "10ms")
                        .option("inter-token-latency", "5ms")
                        .option("kv-handshake-time", "10ms")
                        .option("kv-lease-duration", LEASE.toSeconds() + "s"),
                Map.of(
                        "gateway.disaggregation.handoff-lease", LEASE.toSeconds() + "s",
                        "gateway.disaggregation.prefill-timeout", "1s",
                        "gateway.disaggregation.decode-timeout", "1s",
                        "gateway.disaggregation.quarantine", "1s",
                        "gateway.timeouts.gap", "1s"));
    }

    private static String name(int number) {
        return "%04d".formatted(number);
    }

    private static String body(int number, int tokens, boolean isStream) {
        return "{\"model\":\"sim-8b\",\"ignore_eos\":true,\"max_tokens\":" + tokens
                + (isStream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "")
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + name(number) + FILLER.repeat(4) + "\"}]}";
    }

    /** One fault after the other, at one endpoint after the other, until all requests are over; returns how many. */
    private int doHarm() {
        SplittableRandom random = new SplittableRandom(42);
        int round = 0;
        for (; over.get() < REQUESTS - CLIENTS; round++) {
            boolean isPrefill = round % 2 == 0;
            List<String> faults = isPrefill ? PREFILL_FAULTS : DECODE_FAULTS;
            int endpoint = isPrefill ? random.nextInt(PREFILL) : PREFILL + random.nextInt(DECODE);
            suite.faults(endpoint, faults.get(round / 2 % faults.size()));
            int until = Math.min(REQUESTS, over.get() + WINDOW);
            await("requests end").atMost(Duration.ofSeconds(30)).until(() -> over.get() >= until);
            await("the endpoint is there again").until(() -> {
                suite.endpoints().get(endpoint).faults(old -> Faults.NONE);
                return suite.isUp(endpoint);
            });
        }
        return round;
    }

    private static boolean isStream(int number) {
        return number % 2 == 1;
    }

    private End ask(int number, Map<Integer, String> texts) throws IOException {
        int tokens = 8 * (1 + number % 3);
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body(number, tokens, isStream(number)));
            if (number % 25 == 0) {
                return End.LEFT;
            }
            if (number % 25 == 1 && client.readUntil("\"content\":\"")) {
                return End.LEFT;
            }
            String expected = name(number) + texts.get(tokens);
            return isStream(number) ? stream(client.readAll(), expected) : whole(client.readAll(), expected);
        } finally {
            over.incrementAndGet();
        }
    }

    private static End whole(String answer, String expected) {
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        if (!answer.startsWith("HTTP/1.1 200")) {
            return assertError(answer, body);
        }
        String text = body.startsWith("{") ? body : ClientSocket.body(answer);
        assertThat(content(text)).as(answer).isEqualTo(expected);
        assertThat(text).contains("\"finish_reason\":\"length\"");
        return End.WHOLE;
    }

    private static End assertError(String answer, String body) {
        assertThat(answer).matches("(?s)HTTP/1\\.1 (429|5\\d\\d) .*");
        assertThat(body).contains("\"error\":{");
        return End.ERROR_STATUS;
    }

    private static End stream(String answer, String expected) {
        if (!answer.startsWith("HTTP/1.1 200")) {
            return assertError(answer, answer.substring(answer.indexOf("\r\n\r\n") + 4));
        }
        String events = ClientSocket.body(answer);
        String text = events.lines()
                .filter(line -> line.startsWith("data: {") && !line.contains("\"error\""))
                .map(line -> JSON.readTree(line.substring(6))
                        .path("choices")
                        .path(0)
                        .path("delta")
                        .path("content")
                        .asString(""))
                .collect(Collectors.joining());
        if (events.contains("\"error\"")) {
            assertThat(events).containsOnlyOnce("\"error\":");
            assertThat(expected).as(answer).startsWith(text);
            return End.ERROR_EVENT;
        }
        assertThat(text).as(answer).isEqualTo(expected);
        assertThat(events).containsOnlyOnce("\"finish_reason\":\"length\"").endsWith("data: [DONE]\n\n");
        return End.WHOLE;
    }

    private static String content(String answer) {
        JsonNode choice = JSON.readTree(answer).path("choices").path(0);
        return choice.path("message").path("content").asString("");
    }

    private void assertNothingIsLeft() {
        await("nothing is left").atMost(LEASE.multipliedBy(4)).untilAsserted(() -> {
            assertThat(suite.placedLoad().endpoints())
                    .extracting(EndpointStatus::inFlightRequests)
                    .containsOnly(0L);
            assertThat(suite.endpoints())
                    .allSatisfy(each -> assertThat(each.statistics().active()).isZero())
                    .allSatisfy(each -> assertThat(each.statistics().leases()).isZero())
                    .allSatisfy(
                            each -> assertThat(each.statistics().usedBlocks()).isZero());
            assertThat(suite.gatewayMeter("gateway_inflight")).isZero();
            assertThat(suite.gatewayMeter("gateway_held_body_bytes")).isZero();
            assertThat(suite.gatewayMeter("gateway_open_connections")).isLessThanOrEqualTo(2);
            assertThat(suite.gatewayMeter("gateway_disagg_held_handoffs")).isZero();
            assertThat(suite.gatewayMeter("gateway_disagg_held_tokens")).isZero();
            assertThat(suite.schedulerMeter("scheduler_leases")).isZero();
        });
        assertThat(suite.schedulerMeter("scheduler_leases_reaped_total")).isZero();
        assertThat(suite.endpoints().stream()
                        .mapToLong(each -> each.statistics().expiredLeases())
                        .sum())
                .isPositive();
        assertThat(suite.gatewayMeter("gateway_requests_total")).isGreaterThanOrEqualTo(REQUESTS);
    }
}
