package io.llmd.gateway.edge;

import io.llmd.gateway.observe.RequestRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Notes when the steps of one exchange happened, for whoever hears of requests. Used by its event loop alone. */
final class RequestSteps {

    private final LongSupplier nanoTime;
    private final long startNanos;
    private final List<RequestRecord.Attempt> attempts = new ArrayList<>(1);
    private long receivedMicros;
    private long bodyBytes;
    private long askedMicros;
    private long sentMicros;
    private String endpoint = "";

    RequestSteps(LongSupplier nanoTime, long startNanos) {
        this.nanoTime = nanoTime;
        this.startNanos = startNanos;
    }

    /** The whole body is there. */
    void received(long bytes) {
        bodyBytes = bytes;
        receivedMicros = micros();
    }

    /** The scheduler is asked. */
    void asked() {
        askedMicros = micros();
    }

    /** The request goes to an endpoint. */
    void sent(String endpointId) {
        sentMicros = micros();
        endpoint = endpointId;
    }

    /** What was sent has come to its end; nothing when nothing was sent. */
    void ended(String result) {
        if (!endpoint.isEmpty()) {
            attempts.add(new RequestRecord.Attempt(askedMicros, sentMicros, micros(), endpoint, result));
            endpoint = "";
        }
    }

    long bodyBytes() {
        return bodyBytes;
    }

    long receivedMicros() {
        return receivedMicros;
    }

    List<RequestRecord.Attempt> attempts() {
        return attempts;
    }

    private long micros() {
        return Math.max(1, (nanoTime.getAsLong() - startNanos) / 1_000);
    }
}
