package io.llmd.gateway.disagg;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.RetryBudget;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.llmd.gateway.observe.DisaggMeters;
import io.llmd.openai.JsonMembers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisaggregationTest {

    private static final TargetEndpoint PREFILL = new TargetEndpoint("p", "10.0.0.1", 8000);
    private static final TargetEndpoint OTHER = new TargetEndpoint("q", "10.0.0.2", 8000);
    private static final TargetEndpoint DECODE = new TargetEndpoint("d", "10.0.0.3", 8000);

    private final EndpointDirectory directory = new EndpointDirectory();
    private final AtomicLong nanos = new AtomicLong();

    private static DisaggSettings settings(boolean override) {
        return new DisaggSettings(
                DisaggSettings.OnPrefillFailure.DECODE_ONLY,
                0,
                Duration.ofMillis(1),
                Duration.ofSeconds(30),
                Duration.ofMillis(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                2,
                1 << 20,
                override,
                "192.168.0.7"::equals,
                DisaggSettings.CachedTokens.OF_PREFILL,
                false,
                true,
                "sidecar",
                "version",
                2,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                new DisaggSettings.Ports(8998, 7777, 61005, 6301),
                new DisaggSettings.Engines(1, 1),
                0,
                0,
                DisaggSettings.Encode.EC_NIXL);
    }

    private Disaggregation disaggregation(boolean override) {
        return new Disaggregation(
                settings(override),
                "nixlv2",
                new Disaggregation.Services(
                        new UpstreamClient(
                                new UpstreamClient.Settings(Duration.ofSeconds(1), Duration.ofSeconds(1), 1024, 1)),
                        directory,
                        new EndpointHealth(
                                new EndpointHealth.Settings(
                                        3,
                                        Duration.ofSeconds(1),
                                        Duration.ofSeconds(2),
                                        0.5,
                                        0,
                                        1,
                                        Duration.ofSeconds(1)),
                                nanos::get),
                        new RetryBudget(1, 1),
                        new InFlightRequests()),
                new DisaggMeters(new SimpleMeterRegistry()),
                nanos::get);
    }

    private void pool(EndpointStatus... all) {
        directory.update(new EndpointList(List.of(all)));
    }

    private static EndpointStatus status(TargetEndpoint endpoint, String role, String version) {
        return new EndpointStatus(endpoint, Map.of("llm-d.ai/role", role, "version", version), true, 10, 2, 8, 0, 0, 0);
    }

    @ParameterizedTest
    @Tag("pd-T31")
    @DisplayName("T31, F16: a loopback host of a remote endpoint is refused or replaced, a foreign one refused")
    @CsvSource({
        "10.0.0.1,10.0.0.1,FINE",
        "10.0.0.2,10.0.0.1,FINE",
        "192.168.0.7,10.0.0.1,FINE",
        "localhost,10.0.0.1,LOOPBACK",
        "127.0.0.1,10.0.0.1,LOOPBACK",
        "127.1.2.3,10.0.0.1,LOOPBACK",
        "0.0.0.0,10.0.0.1,LOOPBACK",
        "::1,10.0.0.1,LOOPBACK",
        "localhost,127.0.0.1,FINE",
        "169.254.169.254,10.0.0.1,FOREIGN",
        "evil.example,10.0.0.1,FOREIGN",
        "'',10.0.0.1,FOREIGN"
    })
    void transferHosts(String named, String own, SplitCall.TransferHost expected) {
        pool(status(PREFILL, "prefill", "1"), status(OTHER, "prefill", "1"));
        TargetEndpoint from = new TargetEndpoint("p", own, 8000);

        assertThat(disaggregation(false).transferHost(named, from)).isEqualTo(expected);
        assertThat(disaggregation(true).transferHost(named, from))
                .isEqualTo(expected == SplitCall.TransferHost.LOOPBACK ? SplitCall.TransferHost.OVERRIDE : expected);
    }

    @Test
    void anotherPrefillEndpointFitsAndIsNotTheDecodeEndpoint() {
        Disaggregation all = disaggregation(false);
        pool(status(DECODE, "both", "1"), status(PREFILL, "prefill", "1"), status(OTHER, "prefill", "2"));

        assertThat(all.otherPrefill(DECODE, Set.of())).isEqualTo(PREFILL);
        assertThat(all.otherPrefill(DECODE, Set.of("p"))).isNull();

        pool(status(PREFILL, "prefill", "1"), status(OTHER, "both", "1"));
        Handoffs.Permit permit = Objects.requireNonNull(all.handoffs().tryEnter("p", 5));
        assertThat(all.otherPrefill(DECODE, Set.of())).isEqualTo(OTHER);
        permit.release();
        all.health().failed("q");
        all.health().failed("q");
        all.health().failed("q");
        assertThat(all.otherPrefill(DECODE, Set.of("p"))).isNull();
    }

    @Test
    void handoffsOfAnEndpointAreBoundedAndGivenBackOnce() {
        Handoffs handoffs = new Handoffs(2);
        Handoffs.Permit one = Objects.requireNonNull(handoffs.tryEnter("p", 100));
        Handoffs.Permit two = Objects.requireNonNull(handoffs.tryEnter("p", 50));

        assertThat(handoffs.tryEnter("p", 1)).isNull();
        assertThat(handoffs.tryEnter("q", 1)).isNotNull();
        assertThat(handoffs.tokens()).isEqualTo(151);
        one.release();
        one.release();
        assertThat(handoffs.count("p")).isEqualTo(1);
        two.release();
        assertThat(handoffs.count("p")).isZero();
        assertThat(handoffs.tokens()).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "F6: a handoff that waited half its lease for a decode endpoint is given up, and its blocks count until its end")
    void oldHandoffIsGivenUp() {
        Disaggregation all = disaggregation(false);
        EmbeddedChannel client = new EmbeddedChannel();
        SplitState state = all.open("a", client.eventLoop());
        assertThat(state.enter(PREFILL, 5)).isTrue();
        state.prefilled(
                new PrefillAnswer(
                        Objects.requireNonNull(JsonMembers.read("{}".getBytes(US_ASCII))),
                        PrefillAnswer.UNKNOWN,
                        PrefillAnswer.UNKNOWN),
                PREFILL);

        nanos.addAndGet(Duration.ofSeconds(15).toNanos() - 1);
        assertThat(state.fresh()).isNotNull();
        nanos.addAndGet(1);
        assertThat(state.fresh()).isNull();
        assertThat(all.handoffs().count("p")).isEqualTo(1);

        client.advanceTimeBy(30, TimeUnit.SECONDS);
        client.runScheduledPendingTasks();
        assertThat(all.handoffs().count("p")).isZero();
        state.close();
    }

    @Test
    @DisplayName("F15: a pair that fails is kept apart for a while and then may try once")
    void quarantine() {
        Pairs pairs = new Pairs(2, Duration.ofSeconds(60), nanos::get);
        pairs.failed("p", "d");
        assertThat(pairs.isQuarantined("p", "d")).isFalse();
        pairs.failed("p", "d");
        assertThat(pairs.isQuarantined("p", "d")).isTrue();
        assertThat(pairs.isQuarantined("p", "other")).isFalse();

        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        assertThat(pairs.isQuarantined("p", "d")).isFalse();
        pairs.failed("p", "d");
        assertThat(pairs.isQuarantined("p", "d")).isTrue();
        pairs.worked("p", "d");
        assertThat(pairs.isQuarantined("p", "d")).isFalse();
        assertThat(pairs.isNew("p", "d")).isFalse();

        pairs.retain(Set.of("d"));
        assertThat(pairs.isNew("p", "d")).isTrue();
    }

    @Test
    @DisplayName("F13: the time in the queue follows from what is waiting, running, and how long it takes")
    void queueTime() {
        DecodeTimes times = new DecodeTimes();
        EndpointStatus busy = status(DECODE, "decode", "1");
        assertThat(times.queueTime(busy)).isZero();

        times.ended("d", Duration.ofSeconds(10).toNanos());
        assertThat(times.queueTime(busy)).isEqualTo(Duration.ofSeconds(40));

        EndpointStatus stale = new EndpointStatus(DECODE, Map.of(), false, 10, 2, 8, 0, 0, 0);
        assertThat(times.queueTime(stale)).isZero();
        times.retain(Set.of());
        assertThat(times.queueTime(busy)).isZero();
    }

    @Test
    @DisplayName("F20: no two requests under way have the same id")
    void legIds() {
        LegIds ids = new LegIds();
        String long128 = "x".repeat(128);

        assertThat(ids.claim("a")).isEqualTo("a");
        String second = ids.claim("a");
        assertThat(second).startsWith("a-").hasSize(10);
        ids.release("a");
        assertThat(ids.claim("a")).isEqualTo("a");
        ids.claim(long128);
        assertThat(ids.claim(long128)).hasSize(128).isNotEqualTo(long128);
    }
}
