package io.llmd.simulator.cluster;

/** Where a router sends a request. */
public sealed interface Target {
    /** Nowhere yet: the router keeps the request and calls {@link SimulationControl#send} later, or never. */
    Target HOLD = new Held();

    /** One endpoint serves it. */
    record Single(int endpoint) implements Target {}

    /** One endpoint computes the prompt, the other reads its blocks and goes on. */
    record PrefillDecode(int prefill, int decode) implements Target {
        public PrefillDecode {
            if (prefill == decode) {
                throw new IllegalArgumentException(
                        "decode: " + decode + " (expected: another endpoint than prefill " + prefill + ")");
            }
        }
    }

    /** It is refused. */
    record Rejected(String reason) implements Target {}

    /** See {@link #HOLD}. */
    record Held() implements Target {}

    /** One endpoint serves it. */
    static Target endpoint(int endpoint) {
        return new Single(endpoint);
    }
}
