package io.llmd.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.prefix.EndpointMatch;
import io.llmd.contracts.prefix.KvIndexStats;
import io.llmd.contracts.prefix.KvSource;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.contracts.prefix.PrefixMatchRequest;
import io.llmd.contracts.prefix.PrefixMatches;
import io.llmd.contracts.prefix.SnapshotRestored;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.contracts.prefix.TopPrefix;
import io.llmd.contracts.prefix.TopPrefixes;
import io.llmd.contracts.scaling.RequestOutcomes;
import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeBatch;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/** Each wire type is read from and written to its golden file. */
class GoldenFilesTest {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private static final TargetEndpoint ENDPOINT = new TargetEndpoint("default/sim-0", "127.0.0.1", 8200);

    static Stream<Arguments> messages() {
        return Stream.of(
                Arguments.of(
                        "schedule-decision",
                        ScheduleOutcome.class,
                        new ScheduleDecision(
                                "req-1",
                                42,
                                "sim-8b",
                                "default",
                                List.of(ENDPOINT, new TargetEndpoint("default/sim-1", "::1", 8201)),
                                new PrefixMatch(128, 200),
                                Map.of("x-prefiller-host-port", "127.0.0.1:8202"),
                                Map.of("x-session-token", "ZGVmYXVsdC9zaW0tMA=="))),
                Arguments.of(
                        "schedule-rejection",
                        ScheduleOutcome.class,
                        new ScheduleRejection(
                                "req-1", ScheduleRejection.Reason.NO_ENDPOINTS, "no endpoint serves this pool", 1000)),
                Arguments.of("eviction", Eviction.class, new Eviction(42)),
                Arguments.of(
                        "outcome-batch",
                        OutcomeBatch.class,
                        new OutcomeBatch(List.of(
                                new OutcomeReport(
                                        "req-1",
                                        42,
                                        "default/sim-0",
                                        OutcomeReport.Phase.STARTED,
                                        OutcomeReport.Cause.NONE,
                                        200,
                                        TokenUsage.UNKNOWN,
                                        51234,
                                        0),
                                new OutcomeReport(
                                        "req-1",
                                        42,
                                        "default/sim-0",
                                        OutcomeReport.Phase.ENDED,
                                        OutcomeReport.Cause.NATURAL,
                                        200,
                                        new TokenUsage(200, 64, 128),
                                        51234,
                                        912345,
                                        "prefill-failed")))),
                Arguments.of(
                        "request-outcomes",
                        RequestOutcomes.class,
                        new RequestOutcomes(
                                1,
                                "sim-8b",
                                List.of(new RequestOutcomes.Ended(
                                        "default/sim-0",
                                        2,
                                        true,
                                        OutcomeReport.Cause.NATURAL,
                                        200,
                                        new TokenUsage(200, 64, 128),
                                        51234,
                                        912345,
                                        1764273600000L)))),
                Arguments.of(
                        "endpoint-list",
                        EndpointList.class,
                        new EndpointList(List.of(new EndpointStatus(
                                ENDPOINT, Map.of("llm-d.ai/role", "both"), true, 120, 3, 1, 0.25, 4, 512)))),
                Arguments.of(
                        "prefix-match-request",
                        PrefixMatchRequest.class,
                        new PrefixMatchRequest(
                                "sim-8b",
                                List.of(1, 2, 3, 4, 5, 6, 7, 8),
                                List.of(),
                                "tenant-a",
                                List.of("default/sim-0", "default/sim-1"))),
                Arguments.of(
                        "prefix-match-request-keys",
                        PrefixMatchRequest.class,
                        new PrefixMatchRequest(
                                "sim-8b", List.of(), List.of("545d26412a51d38e", "906da2cfdbcd5134"), null, List.of())),
                Arguments.of(
                        "top-prefixes",
                        TopPrefixes.class,
                        new TopPrefixes(
                                16,
                                List.of(new TopPrefix(
                                        "545d26412a51d38e",
                                        32,
                                        512,
                                        40,
                                        2,
                                        List.of("default/sim-0", "default/sim-1"))))),
                Arguments.of("snapshot-restored", SnapshotRestored.class, new SnapshotRestored(3, 1)),
                Arguments.of(
                        "prefix-matches",
                        PrefixMatches.class,
                        new PrefixMatches(
                                4,
                                3,
                                List.of(new EndpointMatch(
                                        "default/sim-0",
                                        1,
                                        3,
                                        12,
                                        new TierBlocks(2, 1, 0, 0),
                                        1,
                                        2.8,
                                        1.0,
                                        true,
                                        2,
                                        "partial")))),
                Arguments.of(
                        "kv-sources",
                        KvSources.class,
                        new KvSources(List.of(new KvSource(
                                "default/sim-0",
                                0,
                                "exact",
                                true,
                                true,
                                1,
                                4711,
                                0,
                                0,
                                new TierBlocks(62_500, 100, 0, 0),
                                Map.of("batches", 4712L),
                                Map.of("bad_token", 1L))))),
                Arguments.of(
                        "kv-index-stats",
                        KvIndexStats.class,
                        new KvIndexStats(true, 3, 62_500, 187_500, 0, 8_388_608, 2L << 30, 16, "xxh64")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void readsTheGoldenFile(String name, Class<?> type, Object expected) throws IOException {
        assertThat((Object) JSON.readValue(golden(name), type)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void writesTheGoldenFile(String name, Class<?> type, Object value) throws IOException {
        assertThat(JSON.readTree(JSON.writerFor(type).writeValueAsString(value)))
                .isEqualTo(JSON.readTree(golden(name)));
    }

    @Test
    void readersIgnoreUnknownMembersAndMapUnknownEnumValues() {
        ScheduleOutcome outcome = JSON.readValue("""
                {"outcome":"rejection","requestId":"r","reason":"A_NEW_REASON","message":"m","retryAfterMillis":0,"more":1}
                """, ScheduleOutcome.class);
        assertThat(outcome).isEqualTo(new ScheduleRejection("r", ScheduleRejection.Reason.UNKNOWN, "m", 0));
    }

    private static String golden(String name) throws IOException {
        try (var in = GoldenFilesTest.class.getResourceAsStream("/golden/" + name + ".json")) {
            assertThat(in).as("golden file of %s", name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
