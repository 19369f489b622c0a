package io.llmd.simulator.cluster;

import static io.llmd.simulator.cluster.SimulationFixture.MILLI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.engine.TransferModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TransferTest {
    private static final Deployment DEPLOYMENT =
            new Deployment(ModelArchitecture.LLAMA_8B, GpuModel.H100.withStepNanos(0), 1, 2);
    private static final TransferModel SLOW = new TransferModel(2 * MILLI, 1500, 1e9, 0);

    private final SimulationFixture simulation = new SimulationFixture()
            .endpoints(3, engine().build())
            .settings(SimulationSettings.DEFAULTS.withTransfer(SLOW))
            .router((request, now, endpoints) -> new Target.PrefillDecode((int) request.id() % 2, 2));

    private static EngineSettingsBuilder engine() {
        return EngineSettings.builder().latency(new PhysicsLatency(DEPLOYMENT));
    }

    private static double waited(RequestResult split, RequestResult single) {
        return split.timeToFirstToken() - single.timeToFirstToken();
    }

    /** Times of one request that one endpoint serves alone. */
    private static RequestResult alone(int promptTokens) {
        SimulationFixture single = new SimulationFixture().endpoints(1, engine().build());
        single.request(0, promptTokens, 10).run();
        return single.result(0);
    }

    @Test
    void decodeEndpointReadsTheBlocksAndGoesOn() {
        simulation.request(0, 2000, 10).run();

        RequestResult result = simulation.result(0);
        long reading = SLOW.nanos(DEPLOYMENT, 2000, 125, 1);
        long api = GpuModel.H100.apiNanos();
        assertThat(result.outcome()).isEqualTo(Outcome.FINISHED);
        assertThat(result.prefillEndpoint()).isZero();
        assertThat(result.endpoint()).isEqualTo(2);
        assertThat(result.loadedTokens()).isEqualTo(2000);
        assertThat(result.outputTokens()).isEqualTo(10);
        // prefill alone, hand-over to the other server, reading, and a step for the last prompt token
        assertThat(waited(result, alone(2000)) - reading - api).isBetween(5.0 * MILLI, 8.0 * MILLI);
    }

    @Test
    void theTokenOfThePrefillEndpointIsNotAClients() {
        simulation.watchesTokens = true;
        simulation.request(0, 2000, 10).run();

        assertThat(simulation.gaps.get(0L)).hasSize(9);
    }

    @Test
    void transfersToOneReaderShareItsInterface() {
        simulation.request(0, 2000, 10).request(0, 2000, 10).run();
        List<RequestResult> together = simulation.results;

        SimulationFixture apart = new SimulationFixture()
                .endpoints(3, engine().build())
                .settings(SimulationSettings.DEFAULTS.withTransfer(SLOW))
                .router((request, now, endpoints) -> new Target.PrefillDecode(0, 2));
        apart.request(0, 2000, 10).run();
        long shared = SLOW.nanos(DEPLOYMENT, 2000, 125, 2) - SLOW.nanos(DEPLOYMENT, 2000, 125, 1);
        for (RequestResult result : together) {
            assertThat((double) result.timeToFirstToken() - apart.result(0).timeToFirstToken())
                    .isCloseTo(shared, within(0.3 * MILLI));
        }
    }

    @Test
    void handshakeIsPaidOnceByEachPair() {
        simulation.settings(SimulationSettings.DEFAULTS.withTransfer(SLOW.withHandshakeNanos(5000 * MILLI)));
        simulation.request(0, 2000, 10).request(10_000 * MILLI, 2000, 10);
        simulation.request(20_000 * MILLI, 2000, 10).run();

        assertThat(simulation.result(0).timeToFirstToken()).isGreaterThan(5000 * MILLI);
        assertThat(simulation.result(1).timeToFirstToken()).isGreaterThan(5000 * MILLI);
        assertThat(simulation.result(2).timeToFirstToken()).isLessThan(1000 * MILLI);
    }

    @Test
    void prefixThatIsThereAlreadyIsNotReadAgain() {
        int[] prompt = SimulationFixture.prompt(2000, 1);
        simulation.request(0, ClientRequest.text(0, prompt, 10));
        simulation.request(2000 * MILLI, ClientRequest.text(2, prompt, 10)).run();

        assertThat(simulation.result(0).loadedTokens()).isEqualTo(2000);
        assertThat(simulation.result(2).loadedTokens()).isEqualTo(16);
    }

    @Test
    void holderHasItsBlocksBackWhenAllIsDone() {
        List<Integer> leases = new ArrayList<>();
        simulation.router(new Router() {
            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                return new Target.PrefillDecode(0, 2);
            }

            @Override
            public void scraped(EndpointView endpoint, long now) {
                if (endpoint.index() == 0) {
                    leases.add(endpoint.metrics().leases());
                }
            }
        });
        simulation.request(0, 2000, 50).run();

        assertThat(leases).contains(1);
        assertThat(leases.getLast()).isZero();
    }

    @Test
    void leaseThatRanOutFailsTheRequest() {
        busyReader(LoadFailurePolicy.FAIL, 0);

        assertThat(simulation.result(9).outcome()).isEqualTo(Outcome.FAILED);
        assertThat(simulation.result(9).outputTokens()).isZero();
    }

    @Test
    void leaseThatRanOutMakesTheReaderComputeIfItMay() {
        busyReader(LoadFailurePolicy.RECOMPUTE, 0);

        assertThat(simulation.result(9).outcome()).isEqualTo(Outcome.FINISHED);
        assertThat(simulation.result(9).loadedTokens()).isZero();
        assertThat(simulation.result(9).outputTokens()).isEqualTo(10);
    }

    @Test
    void heartbeatsOfAWaitingReaderKeepTheLease() {
        busyReader(LoadFailurePolicy.FAIL, 50 * MILLI);

        assertThat(simulation.result(9).outcome()).isEqualTo(Outcome.FINISHED);
        assertThat(simulation.result(9).loadedTokens()).isEqualTo(2000);
    }

    /** The reader's blocks are taken by another request for longer than the lease lasts. */
    private void busyReader(LoadFailurePolicy policy, long heartbeat) {
        EngineSettings reader = engine().blocks(257)
                .maxModelLen(4096)
                .leaseNanos(200 * MILLI)
                .loadFailure(policy)
                .build();
        simulation.engines = List.of(reader, reader, reader);
        simulation.settings(SimulationSettings.DEFAULTS.withTransfer(SLOW).withHeartbeat(heartbeat));
        simulation.router(
                (request, now, endpoints) -> request.id() == 8 ? Target.endpoint(2) : new Target.PrefillDecode(0, 2));
        simulation.request(0, ClientRequest.text(8, SimulationFixture.prompt(2500, 8), 200));
        simulation
                .request(0, ClientRequest.text(9, SimulationFixture.prompt(2000, 9), 10))
                .run();
    }

    @Test
    void abortWhileReadingGivesTheBlocksBack() {
        List<SimulationControl> controls = new ArrayList<>();
        List<Long> held = new ArrayList<>();
        simulation.router(new Router() {
            @Override
            public void begin(SimulationControl control) {
                controls.add(control);
                control.at(200 * MILLI, () -> assertThat(control.abort(0)).isTrue());
                control.at(400 * MILLI, () -> held.add(1L));
            }

            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                return new Target.PrefillDecode(0, 2);
            }
        });
        simulation.request(0, 2000, 10).run();

        assertThat(simulation.result(0).outcome()).isEqualTo(Outcome.ABORTED);
        EndpointView holder = controls.getFirst().endpoints().getFirst();
        assertThat(holder.metrics().leases()).isZero();
        assertThat(holder.metrics().usedBlocks()).isZero();
        assertThat(holder.inFlight()).isZero();
    }

    @Test
    void linkServesTransfersInTheOrderOfTheirEnds() {
        ReaderLink link = new ReaderLink();
        List<Flight> flights = IntStream.range(0, 3)
                .mapToObj(id -> new Flight(ClientRequest.text(id, new int[1], 1), 0))
                .toList();
        link.add(flights.get(0), 100, 0);
        link.add(flights.get(1), 20, 50);
        assertThat(link.nextEnd()).isEqualTo(90);
        assertThat(link.takeEnded(89)).isNull();
        assertThat(link.takeEnded(90)).isSameAs(flights.get(1));
        assertThat(link.nextEnd()).isEqualTo(120);
        link.add(flights.get(2), 1000, 100);
        link.cancel(flights.get(0), 110);
        assertThat(link.nextEnd()).isEqualTo(1105);
        assertThat(link.takeEnded(1105)).isSameAs(flights.get(2));
        assertThat(link.nextEnd()).isEqualTo(Long.MAX_VALUE);
    }
}
