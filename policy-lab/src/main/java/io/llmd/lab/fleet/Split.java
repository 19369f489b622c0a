package io.llmd.lab.fleet;

import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.engine.TransferModel;
import java.util.Objects;

/**
 * Which endpoints only compute prompts for others, and how the blocks get there.
 *
 * @param prefillEndpoints how many of a fleet, the first ones; the others then only decode. 0 for none, and then all
 *     endpoints do both
 * @param transfer how long an endpoint needs to read blocks of another one
 */
public record Split(int prefillEndpoints, TransferModel transfer) {

    /** All endpoints do both. */
    public static final Split NONE = new Split(0, SimulationSettings.DEFAULTS.transfer());

    public Split {
        Objects.requireNonNull(transfer, "transfer");
        if (prefillEndpoints < 0) {
            throw new IllegalArgumentException("prefillEndpoints: " + prefillEndpoints + " (expected: >= 0)");
        }
    }

    /** The same transfers with so many endpoints that only compute prompts. */
    public Split withPrefill(int endpoints) {
        return new Split(endpoints, transfer);
    }

    /** What the endpoint at a place of the fleet does. */
    public Role role(int endpoint) {
        if (prefillEndpoints == 0) {
            return Role.BOTH;
        }
        return endpoint < prefillEndpoints ? Role.PREFILL : Role.DECODE;
    }
}
