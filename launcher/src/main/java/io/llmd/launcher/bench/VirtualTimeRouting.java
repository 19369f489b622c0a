package io.llmd.launcher.bench;

import io.llmd.simulator.cluster.Router;
import io.llmd.simulator.cluster.Target;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.routing.RoutingPolicy;

/** Who decides in the loop of a simulation. */
enum VirtualTimeRouting {

    /** Any endpoint: what is cached is evicted and computed again. */
    RANDOM("random") {
        @Override
        Router router(EngineSettings engine, long seed) {
            return (request, now, endpoints) -> chosenBy(seed, request.id());
        }
    },

    /** One endpoint for all prompts that begin alike, whatever its load. */
    BY_PREFIX("by prefix") {
        @Override
        Router router(EngineSettings engine, long seed) {
            return (request, now, endpoints) -> chosenBy(seed, request.prompt()[0]);
        }
    },

    /** Hears every event of every block, and weighs what endpoints hold against their load. */
    PRECISE("precise") {
        @Override
        Router router(EngineSettings engine, long seed) {
            return RoutingPolicy.PRECISE.router(
                    VirtualTimeWorkload.ENDPOINTS, engine.hasher(), engine.blockTokens(), seed);
        }
    };

    private final String title;

    VirtualTimeRouting(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /** @param engine what each of the engines is */
    abstract Router router(EngineSettings engine, long seed);

    private static Target chosenBy(long seed, long key) {
        return Target.endpoint(
                (int) Math.floorMod(CounterRandom.bits(seed, key, 0), (long) VirtualTimeWorkload.ENDPOINTS));
    }
}
