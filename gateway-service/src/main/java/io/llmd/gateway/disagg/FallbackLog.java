package io.llmd.gateway.disagg;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that prompts were not computed where the decision wanted them: at most once a minute for each reason, with their number.
 * Requests that cannot be split for what they ask are nothing to warn of. Thread-safe.
 */
final class FallbackLog {

    private static final Logger log = LoggerFactory.getLogger(FallbackLog.class);
    private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

    private static final class Told {
        long atNanos;
        long since;
    }

    private final LongSupplier nanoTime;
    private final Map<FallbackReason, Told> told = new EnumMap<>(FallbackReason.class);

    /** @param nanoTime monotonic time */
    FallbackLog(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * A decode endpoint computes a prompt itself.
     *
     * @param requestId of the request
     * @param endpoint the decode endpoint
     */
    void fellBack(FallbackReason why, String requestId, String endpoint) {
        long requests = why == FallbackReason.NOT_SPLITTABLE ? 0 : count(why);
        if (requests > 0) {
            log.atWarn()
                    .addKeyValue("reason", why.wireName())
                    .addKeyValue("requests", requests)
                    .addKeyValue("endpoint", endpoint)
                    .addKeyValue("requestId", requestId)
                    .log("decode endpoint computes the prompt itself");
        } else {
            log.atDebug()
                    .addKeyValue("reason", why.wireName())
                    .addKeyValue("endpoint", endpoint)
                    .addKeyValue("requestId", requestId)
                    .log("decode endpoint computes the prompt itself");
        }
    }

    /** Requests since the last line; 0 when it is too early for another one. */
    private synchronized long count(FallbackReason why) {
        long now = nanoTime.getAsLong();
        Told last = told.get(why);
        if (last == null) {
            last = new Told();
            last.atNanos = now - PAUSE_NANOS;
            told.put(why, last);
        }
        last.since++;
        if (now - last.atNanos < PAUSE_NANOS) {
            return 0;
        }
        long requests = last.since;
        last.atNanos = now;
        last.since = 0;
        return requests;
    }
}
