package io.llmd.gateway.disagg;

/**
 * One protocol by which KV blocks get from the endpoint that computes a prompt to the one that answers: in which order
 * requests are sent, and what they carry. A connector is one small class:
 *
 * <ol>
 *   <li>{@link #name()} is what configurations call it, see {@code gateway.disaggregation.connector}.
 *   <li>{@link #flow(SplitCall)} chooses the order of the legs. {@link PrefillFirst} sends the prefill leg, waits for its
 *       answer and sends the decode leg; it does retries, deadlines and the way back to decode-only, and asks a
 *       {@link LegPair} only for what the legs carry. A protocol with another order has a {@link SplitFlow} of its own,
 *       written with the steps that {@link SplitCall} offers.
 *   <li>It is added to {@link Connectors}.
 * </ol>
 *
 * <p>Connectors have no state of one request and are thread-safe; flows and pairs belong to one attempt and run on the
 * event loop of its client.
 */
interface KvConnector {

    /** Name in configurations: lower case, digits and dashes. */
    String name();

    /** How the legs of one attempt go; called once per attempt, before anything is sent. */
    SplitFlow flow(SplitCall call);

    /**
     * How an attempt goes whose decision names no prefill endpoint, but one to pull blocks from. Connectors that cannot pull
     * send the client's request as it is.
     */
    default SplitFlow alone(SplitCall call) {
        return call::decodeUnsplit;
    }

    /** Whether endpoints can pull blocks from the endpoint that a decision names. */
    default boolean pulls() {
        return false;
    }

    /** Whether decode endpoints can compute prompts themselves. */
    default boolean decodesAlone() {
        return true;
    }
}
