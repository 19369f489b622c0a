package io.llmd.lab.contender;

import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.fleet.Split;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.PhysicsLatency;
import java.util.List;

/**
 * What a routing policy is made for.
 *
 * @param engines one for each endpoint
 * @param conditions how late and incomplete its knowledge is
 * @param split which of them only compute prompts, and how blocks get to the others
 * @param slo what a good answer is; requests say it where the conditions say so
 * @param prefillTokensPerSecond prompt tokens that an endpoint computes in a second, for policies that want to be told
 * @param seed of its random choices
 */
public record Setting(
        List<EngineSettings> engines,
        Conditions conditions,
        Split split,
        Slo slo,
        double prefillTokensPerSecond,
        long seed) {
    public Setting {
        engines = List.copyOf(engines);
    }

    /** Bytes that a token takes in the KV caches of all GPUs of an endpoint. */
    public double kvBytesPerToken() {
        return deployment().kvBytesPerToken();
    }

    /** Bytes that an endpoint reads from another one in a second, over the interfaces of all its GPUs. */
    public double transferBytesPerSecond() {
        return split.transfer().bytesPerSecond() * deployment().tensorParallel();
    }

    private Deployment deployment() {
        if (engines.getFirst().latency() instanceof PhysicsLatency physics) {
            return physics.deployment();
        }
        throw new IllegalStateException("latency: " + engines.getFirst().latency() + " (expected: PhysicsLatency)");
    }

    /** Tokens in one block of the engines. */
    public int blockTokens() {
        return engines.getFirst().blockTokens();
    }
}
