package io.llmd.scheduler.api;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.scheduling.Dispatch;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Says on the answer of a request that waited how long, and what was expected when it began to. */
final class WaitHeaders {

    private static final long NOTICEABLE_NANOS = 1_000_000;

    private WaitHeaders() {}

    static void add(Passage passage, Dispatch dispatch) {
        if (passage.position() == 0 || passage.waitedNanos() < NOTICEABLE_NANOS) {
            return;
        }
        dispatch.addResponseHeader(LlmdHeader.QUEUE_POSITION.wireName(), Integer.toString(passage.position()));
        dispatch.addResponseHeader(
                LlmdHeader.QUEUE_WAIT.wireName(), Long.toString(TimeUnit.NANOSECONDS.toMillis(passage.waitedNanos())));
        Duration estimated = passage.estimatedWait();
        if (estimated != null) {
            dispatch.addResponseHeader(LlmdHeader.QUEUE_ESTIMATED_WAIT.wireName(), Long.toString(estimated.toMillis()));
        }
    }
}
