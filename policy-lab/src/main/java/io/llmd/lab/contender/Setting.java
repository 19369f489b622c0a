package io.llmd.lab.contender;

import io.llmd.lab.fleet.Conditions;
import io.llmd.simulator.engine.EngineSettings;
import java.util.List;

/**
 * What a routing policy is made for.
 *
 * @param engines one for each endpoint
 * @param conditions how late and incomplete its knowledge is
 * @param prefillTokensPerSecond prompt tokens that an endpoint computes in a second, for policies that want to be told
 * @param seed of its random choices
 */
public record Setting(List<EngineSettings> engines, Conditions conditions, double prefillTokensPerSecond, long seed) {
    public Setting {
        engines = List.copyOf(engines);
    }

    /** Tokens in one block of the engines. */
    public int blockTokens() {
        return engines.getFirst().blockTokens();
    }
}
