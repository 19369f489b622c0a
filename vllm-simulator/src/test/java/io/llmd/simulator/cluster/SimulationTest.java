package io.llmd.simulator.cluster;

import static io.llmd.simulator.cluster.SimulationFixture.MILLI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.simulator.engine.EngineEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private final SimulationFixture simulation = new SimulationFixture();

    @Test
    void requestIsServedInTheTimesOfItsEngine() {
        SimulationTotals totals = simulation.request(5 * MILLI, 100, 11).run();

        RequestResult result = simulation.result(0);
        assertThat(result.outcome()).isEqualTo(Outcome.FINISHED);
        assertThat(result.arrival()).isEqualTo(5 * MILLI);
        assertThat(result.timeToFirstToken()).isEqualTo(10 * MILLI);
        assertThat(result.interTokenLatency()).isEqualTo(MILLI);
        assertThat(result.endToEnd()).isEqualTo(20 * MILLI);
        assertThat(result.outputTokens()).isEqualTo(11);
        assertThat(totals.requests()).isEqualTo(1);
        assertThat(totals.outputTokens()).isEqualTo(11);
        assertThat(totals.steps()).isEqualTo(11);
        assertThat(totals.unfinished()).isZero();
    }

    @Test
    void delaysBeforeAndBehindTheRouterAreTheClients() {
        simulation
                .settings(SimulationSettings.DEFAULTS.withDelays(150 * MILLI, 2 * MILLI))
                .request(0, 100, 2)
                .run();

        assertThat(simulation.result(0).routed()).isEqualTo(150 * MILLI);
        assertThat(simulation.result(0).timeToFirstToken()).isEqualTo(162 * MILLI);
    }

    @Test
    void secondRequestFindsWhatTheFirstLeftInTheCache() {
        int[] prompt = SimulationFixture.prompt(160, 1);
        simulation
                .request(0, ClientRequest.text(0, prompt, 1))
                .request(50 * MILLI, ClientRequest.text(1, prompt, 1))
                .run();

        assertThat(simulation.result(0).cachedTokens()).isZero();
        assertThat(simulation.result(1).cachedTokens()).isEqualTo(144);
        assertThat(simulation.result(1).timeToFirstToken()).isEqualTo(MILLI);
    }

    @Test
    void routerSeesMetricsAsOldAsTheLastScrape() {
        List<Integer> running = new ArrayList<>();
        List<Integer> inFlight = new ArrayList<>();
        simulation.router((request, now, endpoints) -> {
            EndpointView endpoint = endpoints.getFirst();
            running.add(endpoint.metrics().running());
            inFlight.add(endpoint.inFlight());
            assertThat(endpoint.scrapedAt()).isGreaterThan(now - 50 * MILLI).isLessThanOrEqualTo(now);
            return Target.endpoint(0);
        });
        simulation
                .request(100 * MILLI, 100, 200)
                .request(100 * MILLI, 100, 200)
                .request(200 * MILLI, 100, 1)
                .run();

        assertThat(running).containsExactly(0, 0, 2);
        assertThat(inFlight).containsExactly(0, 1, 2);
    }

    @Test
    void rejectedRequestGoesNowhere() {
        simulation
                .router((request, now, endpoints) -> new Target.Rejected("no room"))
                .request(MILLI, 10, 1)
                .run();

        RequestResult result = simulation.result(0);
        assertThat(result.outcome()).isEqualTo(Outcome.REJECTED);
        assertThat(result.reason()).isEqualTo("no room");
        assertThat(result.endpoint()).isEqualTo(RequestResult.NONE);
        assertThat(result.firstToken()).isEqualTo(RequestResult.NEVER);
        assertThat(result.ended()).isEqualTo(MILLI);
    }

    @Test
    void heldRequestIsSentWhenAnotherOneEnds() {
        simulation
                .router(new OneAtATime())
                .request(0, 100, 11)
                .request(MILLI, 100, 1)
                .run();

        assertThat(simulation.result(1).routed()).isEqualTo(20 * MILLI);
        assertThat(simulation.result(1).timeToFirstToken()).isEqualTo(29 * MILLI);
    }

    @Test
    void routerThatForgetsARequestIsTold() {
        simulation.router((request, now, endpoints) -> Target.HOLD).request(0, 100, 1);

        assertThatThrownBy(simulation::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1 requests are held");
    }

    @Test
    void onlyHeldRequestsCanBeSent() {
        simulation.router(new WithControl() {
            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                control().at(now + MILLI, () -> control().send(request.id(), Target.endpoint(0)));
                return Target.endpoint(0);
            }
        });
        simulation.request(0, 100, 100);

        assertThatThrownBy(simulation::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not held");
    }

    @Test
    void firstTokensAreToldOnlyToRoutersThatWant() {
        List<Long> told = new ArrayList<>();
        simulation.router(new Router() {
            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                return Target.endpoint(0);
            }

            @Override
            public boolean wantsFirstTokens() {
                return true;
            }

            @Override
            public void firstToken(ClientRequest request, int endpoint, long now) {
                told.add(now);
            }
        });
        simulation.request(0, 100, 30).request(5 * MILLI, 100, 30).run();

        assertThat(told).containsExactly(10 * MILLI, 21 * MILLI);
    }

    @Test
    void clientsWhoWatchSeeTheStepThatAPromptMakesLonger() {
        SimulationFixture simulation =
                new SimulationFixture().request(0, 100, 6).request(12 * MILLI + 1, 100, 1);
        simulation.watchesTokens = true;
        simulation.run();

        assertThat(simulation.gaps).containsOnlyKeys(0L);
        assertThat(simulation.gaps.get(0L)).containsExactly(MILLI, MILLI, MILLI, 11 * MILLI, MILLI);
    }

    @Test
    void watchingChangesNoTime() {
        SimulationFixture watched = new SimulationFixture().request(0, 100, 40).request(15 * MILLI, 300, 30);
        SimulationFixture blind = new SimulationFixture().request(0, 100, 40).request(15 * MILLI, 300, 30);
        watched.watchesTokens = true;
        watched.run();
        blind.run();

        assertThat(watched.results)
                .usingRecursiveComparison()
                .ignoringFields("request")
                .isEqualTo(blind.results);
        assertThat(blind.gaps).isEmpty();
        assertThat(watched.gaps.get(1L)).hasSize(29);
    }

    @Test
    void newsOfBlocksComesWithItsDelayAndInOrder() {
        List<String> told = new ArrayList<>();
        simulation.router(new Router() {
            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                return Target.endpoint(0);
            }

            @Override
            public boolean wantsBlocks() {
                return true;
            }

            @Override
            public void blocks(int endpoint, EngineEvent.BlockEvent event, long now) {
                assertThat(now - event.time()).isEqualTo(5 * MILLI);
                if (event instanceof EngineEvent.BlocksStored stored) {
                    assertThat(stored.tokens()).isEmpty();
                    told.add(stored.request().id() + ":" + stored.hashes().length);
                }
            }
        });
        simulation.request(0, 32, 1).request(30 * MILLI, 48, 18).run();

        assertThat(told).containsExactly("0:2", "1:3", "1:1");
    }

    @Test
    void abortWorksWhereverTheRequestIs() {
        simulation.settings(SimulationSettings.DEFAULTS.withDelays(3 * MILLI, 3 * MILLI));
        simulation.router(new WithControl() {
            @Override
            public void begin(SimulationControl control) {
                super.begin(control);
                long[] times = {MILLI, 4 * MILLI, 20 * MILLI};
                for (int id = 0; id < times.length; id++) {
                    long request = id;
                    control.at(
                            times[id], () -> assertThat(control.abort(request)).isTrue());
                }
                control.at(30 * MILLI, () -> assertThat(control.abort(0)).isFalse());
            }

            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                return Target.endpoint(0);
            }
        });
        simulation.request(0, 100, 50).request(0, 100, 50).request(0, 100, 50).run();

        assertThat(simulation.results).extracting(RequestResult::outcome).containsOnly(Outcome.ABORTED);
        assertThat(simulation.results).extracting(RequestResult::outputTokens).containsExactly(0, 0, 5);
        assertThat(simulation.result(2).ended()).isEqualTo(20 * MILLI);
    }

    @Test
    void requestTooLongForItsEndpointFails() {
        simulation.request(0, 4000, 97).run();

        assertThat(simulation.result(0).outcome()).isEqualTo(Outcome.FAILED);
        assertThat(simulation.result(0).reason()).isEqualTo("4097 tokens (expected: <= 4096)");
    }

    @Test
    void simulationStopsAtItsEnd() {
        SimulationTotals totals = simulation
                .settings(SimulationSettings.DEFAULTS.withEnd(12 * MILLI))
                .request(0, 100, 50)
                .run();

        assertThat(totals.unfinished()).isEqualTo(1);
        assertThat(totals.steps()).isEqualTo(4);
        assertThat(simulation.results).isEmpty();
    }

    @Test
    void idsAreUsedByOneRequestAtATime() {
        ClientRequest request = ClientRequest.text(7, SimulationFixture.prompt(10, 1), 5);
        simulation.request(0, request).request(0, request);

        assertThatThrownBy(simulation::run).hasMessageContaining("request 7 is on its way already");
    }

    @Test
    void arrivalsDoNotGoBackInTime() {
        simulation.request(10 * MILLI, 10, 1).request(5 * MILLI, 10, 1);

        assertThatThrownBy(simulation::run).hasMessageContaining("next request at 5000000");
    }

    @Test
    void repeatedActionsRunAsLongAsThereIsWork() {
        List<Long> times = new ArrayList<>();
        simulation.router(new WithControl() {
            @Override
            public void begin(SimulationControl control) {
                control.every(4 * MILLI, () -> times.add(control.now()));
            }

            @Override
            public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
                return Target.endpoint(0);
            }
        });
        simulation.request(0, 100, 5).run();

        assertThat(times).containsExactly(4 * MILLI, 8 * MILLI, 12 * MILLI);
    }

    @Test
    void endpointsHaveNoiseOfTheirOwnAndRunsOfASeedAreEqual() {
        List<RequestResult> first = noisyRun(1);

        assertThat(first.get(0).ended()).isNotEqualTo(first.get(1).ended());
        assertThat(noisyRun(1)).extracting(RequestResult::ended).isEqualTo(ends(first));
        assertThat(noisyRun(2)).extracting(RequestResult::ended).isNotEqualTo(ends(first));
    }

    private static List<Long> ends(List<RequestResult> results) {
        return results.stream().map(RequestResult::ended).toList();
    }

    private static List<RequestResult> noisyRun(long seed) {
        SimulationFixture noisy = new SimulationFixture()
                .settings(SimulationSettings.DEFAULTS.withSeed(seed))
                .endpoints(2, SimulationFixture.engine().noiseCv(0.1).build())
                .router((request, now, endpoints) -> Target.endpoint((int) request.id()));
        noisy.request(0, 100, 50).request(0, 100, 50).run();
        return noisy.results;
    }

    /** A router that remembers its control. */
    private abstract static class WithControl implements Router {
        private SimulationControl control;

        @Override
        public void begin(SimulationControl control) {
            this.control = control;
        }

        SimulationControl control() {
            return control;
        }
    }

    /** Sends a request when the one before has ended. */
    private static final class OneAtATime extends WithControl {
        private final List<Long> held = new ArrayList<>();
        private boolean busy;

        @Override
        public Target route(ClientRequest request, long now, List<EndpointView> endpoints) {
            if (busy) {
                held.add(request.id());
                return Target.HOLD;
            }
            busy = true;
            return Target.endpoint(0);
        }

        @Override
        public void ended(RequestResult result, long now) {
            busy = !held.isEmpty();
            if (busy) {
                control().send(held.removeFirst(), Target.endpoint(0));
            }
        }
    }
}
