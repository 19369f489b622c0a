package io.llmd.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.report.Tables;
import io.llmd.lab.result.RunResult;
import io.llmd.lab.traffic.ChatSessions;
import io.llmd.lab.traffic.Traffic;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabTest {

    private static final Traffic CHATS = new ChatSessions(new ChatSessions.Shape(60, 6, 4, 1500, 5, 300, 120, 2));
    private static final Fleet FLEET = Fleet.DEFAULT.withEndpoints(4).withCache(64, 60_000);
    private static final Scenario SCENARIO = new Scenario(CHATS, FLEET, Conditions.DEFAULT, Slo.DEFAULT);

    static List<Contender> contenders() {
        return Contenders.all();
    }

    @ParameterizedTest
    @MethodSource("contenders")
    void everyRequestIsAnsweredOnceWhoeverRoutes(Contender contender) {
        RunResult result = Lab.run(SCENARIO, contender, 1);

        assertThat(result.requests()).isPositive();
        assertThat(result.finished()).isEqualTo(result.requests());
        assertThat(result.timeToFirstToken().count()).isEqualTo(result.requests());
        assertThat(result.hitShare()).isBetween(0.0, 1.0);
    }

    @Test
    void equalSeedsGiveEqualBytesHoweverManyRunAtATime() throws IOException {
        List<Contender> some = List.of(Contenders.find("llmd-precise"), Contenders.find("dynamo-softmax"));

        String alone = Tables.csv(Lab.compare(SCENARIO, some, List.of(1L, 2L), 1, done -> {}));
        String together = Tables.csv(Lab.compare(SCENARIO, some, List.of(1L, 2L), 4, done -> {}));

        assertThat(together).isEqualTo(alone);
        assertThat(alone.lines().distinct().count()).isEqualTo(5);
    }

    @Test
    void oneEndpointHitsAsOftenAsOneCacheOfItsSizeWhenAllFits() throws IOException {
        Fleet single = FLEET.withEndpoints(1).withCache(64, 4_000_000);
        Scenario scenario = new Scenario(CHATS, single, Conditions.DEFAULT, Slo.DEFAULT);

        RunResult result = Lab.run(scenario, Contenders.find("random"), 1);

        assertThat(result.sharedHitShare()).isGreaterThan(0.5);
        // The engine also finds its own answers again, which the prompts alone do not bring into the shared cache.
        assertThat(result.hitShare()).isBetween(result.sharedHitShare() - 0.01, result.sharedHitShare() + 0.12);
    }

    @Test
    void knowingWhatIsHeldBringsMoreHitsThanNotKnowing() throws IOException {
        RunResult blind = Lab.run(SCENARIO, Contenders.find("round-robin"), 1);
        RunResult precise = Lab.run(SCENARIO, Contenders.find("llmd-precise"), 1);

        assertThat(precise.hitShare()).isGreaterThan(blind.hitShare() + 0.1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kv-block-cost", "dynamo"})
    void lostEventsWithoutReplayCostHitsAndWithReplayHardlyAny(String name) throws IOException {
        Contender precise = Contenders.find(name);
        double clean = Lab.run(SCENARIO, precise, 1).hitShare();

        assertThat(hitShare(precise, true)).isGreaterThan(0.95 * clean);
        assertThat(hitShare(precise, false)).isLessThan(clean);
    }

    private static double hitShare(Contender contender, boolean replay) {
        Conditions lossy = Conditions.DEFAULT
                .withEvents(Duration.ofMillis(20), 0.3, replay)
                .withMetrics(Duration.ofMillis(50), Duration.ofMillis(500));
        return Lab.run(new Scenario(CHATS, FLEET, lossy, Slo.DEFAULT), contender, 1)
                .hitShare();
    }

    @Test
    void aSlowEndpointMakesRoundRobinLate() throws IOException {
        Scenario slow = new Scenario(CHATS, FLEET.withSlow(1, 4), Conditions.DEFAULT, Slo.DEFAULT);
        Contender roundRobin = Contenders.find("round-robin");

        assertThat(Lab.run(slow, roundRobin, 1).endToEnd().mean())
                .isGreaterThan(1.3 * Lab.run(SCENARIO, roundRobin, 1).endToEnd().mean());
    }

    @Test
    void flowControlHoldsRequestsAndAnswersThemAll(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("queues.yaml"), """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                featureGates: [flowControl]
                plugins:
                  - {name: full, type: concurrency-detector, parameters: {maxConcurrency: 2}}
                  - {type: queue-scorer}
                flowControl:
                  saturationDetector: {pluginRef: full}
                  defaultRequestTTL: 1h
                schedulingProfiles:
                  - name: default
                    plugins: [{pluginRef: queue-scorer}]
                """);
        Contender held = Contenders.find("held=" + file);

        RunResult result = Lab.run(SCENARIO, held, 1);
        RunResult free = Lab.run(SCENARIO, Contenders.find("llmd-load"), 1);

        assertThat(result.finished()).isEqualTo(result.requests());
        assertThat(result.timeToFirstToken().quantile(0.9))
                .isGreaterThan(2 * free.timeToFirstToken().quantile(0.9));
    }

    @Test
    void answersThatAreNotStreamedAreAnsweredAll() throws IOException {
        Scenario half = new Scenario(CHATS, FLEET, Conditions.DEFAULT.withStreamed(0.5), Slo.DEFAULT);

        for (String name : List.of("time-cost", "mooncake-conductor", "predicted-latency")) {
            RunResult result = Lab.run(half, Contenders.find(name), 1);
            assertThat(result.finished()).as(name).isEqualTo(result.requests());
        }
    }

    @Test
    void aRunThatIsGivenUpTakesNoFurtherRequests() throws IOException {
        Scenario slow = new Scenario(CHATS, FLEET.withSlow(FLEET.endpoints(), 30), Conditions.DEFAULT, Slo.DEFAULT);
        Contender roundRobin = Contenders.find("round-robin");

        RunResult whole = Lab.run(slow, roundRobin, 1);
        RunResult givenUp = Lab.run(slow, roundRobin, 1, 3);

        assertThat(whole.goodFirstToken()).isLessThan(0.9);
        assertThat(givenUp.requests()).isLessThan(whole.requests());
    }

    @Test
    void aRouterIsClosedWhenItsRunFails() {
        AtomicBoolean isClosed = new AtomicBoolean();
        Contender failing = new Contender("failing", "test", "fails", setting -> new Failing(isClosed));

        assertThatThrownBy(() -> Lab.run(SCENARIO, failing, 1)).hasMessage("no route");
        assertThat(isClosed).isTrue();
    }

    private record Failing(AtomicBoolean isClosed) implements Router, AutoCloseable {
        @Override
        public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
            throw new IllegalStateException("no route");
        }

        @Override
        public void close() {
            isClosed.set(true);
        }
    }

    @Test
    void aFleetsRateIsThatOfItsEngines() {
        double fast = Fleet.DEFAULT.prefillTokensPerSecond();

        assertThat(fast).isBetween(10_000.0, 25_000.0);
        assertThat(Fleet.DEFAULT.withEndpoints(2).withSlow(1, 2).prefillTokensPerSecond())
                .isCloseTo(0.75 * fast, within(1.0));
    }

    @Test
    void unknownContenderIsRefusedWithTheKnownNames() {
        assertThatThrownBy(() -> Contenders.find("best"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("round-robin");
    }
}
