package io.llmd.gateway.disagg;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FallbackLogTest {

    private static final long SECOND = 1_000_000_000L;

    private final Logger logger = (Logger) LoggerFactory.getLogger(FallbackLog.class);
    private final ListAppender<ILoggingEvent> written = new ListAppender<>();
    private long now;
    private final FallbackLog log = new FallbackLog(() -> now);

    @BeforeEach
    void listen() {
        written.start();
        logger.addAppender(written);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(written);
    }

    private List<String> warnings() {
        return written.list.stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(event -> event.getKeyValuePairs().get(0).value + " "
                        + event.getKeyValuePairs().get(1).value)
                .toList();
    }

    @Test
    void eachReasonIsToldAtOnceAndThenOnceAMinuteWithTheNumberOfRequests() {
        log.fellBack(FallbackReason.PREFILL_FAILED, "r1", "ns/d");
        log.fellBack(FallbackReason.PREFILL_TIMEOUT, "r2", "ns/d");
        now += 30 * SECOND;
        log.fellBack(FallbackReason.PREFILL_FAILED, "r3", "ns/d");
        now += 30 * SECOND;
        log.fellBack(FallbackReason.PREFILL_FAILED, "r4", "ns/d");

        assertThat(warnings()).containsExactly("prefill-failed 1", "prefill-timeout 1", "prefill-failed 2");
    }

    @Test
    void requestsThatCannotBeSplitAreNothingToWarnOf() {
        log.fellBack(FallbackReason.NOT_SPLITTABLE, "r1", "ns/d");

        assertThat(warnings()).isEmpty();
    }
}
