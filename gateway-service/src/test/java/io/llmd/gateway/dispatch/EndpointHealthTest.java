package io.llmd.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.testsupport.MutableClock;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EndpointHealthTest {

    private final MutableClock clock = new MutableClock();
    private final EndpointHealth health = new EndpointHealth(
            new EndpointHealth.Settings(
                    3, Duration.ofSeconds(5), Duration.ofSeconds(60), 0.5, 0.05, 20, Duration.ofSeconds(5)),
            clock::nanos);

    @BeforeEach
    void fourEndpoints() {
        health.retain(Set.of("a", "b", "c", "d"));
    }

    private void fail(String endpoint, int times) {
        for (int i = 0; i < times; i++) {
            health.failed(endpoint);
        }
    }

    @Test
    @Tag("fault-F1")
    @Tag("fault-F2")
    @Tag("fault-F4")
    @Tag("fault-F45")
    void threeFailuresInARowEject() {
        fail("a", 2);
        assertThat(health.excluded()).isEmpty();

        fail("a", 1);
        assertThat(health.excluded()).containsExactly("a");
    }

    @Test
    void successBetweenFailuresDoesNotEject() {
        fail("a", 2);
        health.succeeded("a");
        fail("a", 2);

        assertThat(health.excluded()).isEmpty();
    }

    @Test
    @Tag("fault-F1")
    void ejectionEndsAndTheNextOneLastsLonger() {
        fail("a", 3);
        clock.advance(Duration.ofSeconds(7));
        assertThat(health.excluded()).isEmpty();

        fail("a", 1);
        clock.advance(Duration.ofSeconds(7));
        assertThat(health.excluded()).containsExactly("a");
        clock.advance(Duration.ofSeconds(6));
        assertThat(health.excluded()).isEmpty();

        health.succeeded("a");
        fail("a", 2);
        assertThat(health.excluded()).isEmpty();
    }

    @Test
    @Tag("fault-F1")
    void ejectionsGrowToAMinuteAndNoFurther() {
        fail("a", 3);
        for (int round = 0; round < 8; round++) {
            clock.advance(Duration.ofSeconds(73));
            assertThat(health.excluded()).as("after a minute and a fifth of it").isEmpty();
            fail("a", 1);
        }

        clock.advance(Duration.ofSeconds(47));
        assertThat(health.excluded()).as("within a minute less a fifth of it").containsExactly("a");
    }

    @Test
    @Tag("fault-F7")
    void whenMoreThanHalfOfTheEndpointsFailAllAreTriedAgain() {
        fail("a", 3);
        fail("b", 3);
        assertThat(health.excluded()).containsExactlyInAnyOrder("a", "b");

        fail("c", 3);
        assertThat(health.excluded()).isEmpty();
        assertThat(health.isPanic()).isTrue();
        assertThat(health.isAvoided("a")).isFalse();
    }

    @Test
    @Tag("fault-F7")
    void whoeverAnswersThenIsNotLeftOutWhenItIsOver() {
        for (String endpoint : Set.of("a", "b", "c")) {
            fail(endpoint, 3);
        }
        assertThat(health.excluded()).isEmpty();

        health.succeeded("a");

        assertThat(health.excluded()).containsExactlyInAnyOrder("b", "c");
        assertThat(health.isPanic()).isFalse();
        assertThat(health.isOut("a")).isFalse();
    }

    @Test
    void itIsOverWhenEjectionsAreAlsoWhenNoRequestAsks() {
        for (String endpoint : Set.of("a", "b", "c")) {
            fail(endpoint, 3);
        }
        assertThat(health.isPanic()).isTrue();

        clock.advance(Duration.ofSeconds(73));
        assertThat(health.isPanic()).isFalse();
    }

    @Test
    void aPauseIsKeptWhenAllAreTried() {
        for (String endpoint : Set.of("a", "b", "c")) {
            fail(endpoint, 3);
        }
        health.quiet("d", Duration.ofSeconds(7));

        assertThat(health.excluded()).containsExactly("d");
    }

    @Test
    @Tag("fault-F6")
    void endpointThatAsksForAPauseGetsIt() {
        health.quiet("b", Duration.ofSeconds(7));
        assertThat(health.excluded()).containsExactly("b");

        clock.advance(Duration.ofSeconds(8));
        assertThat(health.excluded()).isEmpty();
    }

    /** Requests of which those with a number below 10 of each 10 times {@code failuresOfTen} fail, never three in a row. */
    private void serve(String endpoint, int requests, int failuresOfTen) {
        for (int i = 0; i < requests; i++) {
            if (i * failuresOfTen / 10 != (i + 1) * failuresOfTen / 10) {
                health.failed(endpoint);
            } else {
                health.succeeded(endpoint);
            }
        }
    }

    @Test
    @Tag("fault-F9")
    void endpointThatFailsFarMoreOftenThanTheOthersIsEjected() {
        serve("b", 100, 0);
        serve("c", 100, 0);
        serve("d", 19, 3);
        assertThat(health.excluded()).as("with too few requests").isEmpty();

        serve("d", 2, 5);
        assertThat(health.excluded()).containsExactly("d");
        clock.advance(Duration.ofSeconds(7));
        assertThat(health.excluded()).as("when its ejection is over").isEmpty();
        health.succeeded("d");
        serve("d", 19, 3);
        assertThat(health.excluded()).as("judged by what came since").isEmpty();
    }

    @Test
    void whenAllFailAlikeNoneIsAnOutlier() {
        for (int round = 0; round < 10; round++) {
            for (String endpoint : Set.of("a", "b", "c", "d")) {
                serve(endpoint, 10, 3);
            }
        }

        assertThat(health.excluded()).isEmpty();
    }

    @Test
    void anEndpointAloneIsNoOutlier() {
        serve("a", 200, 4);

        assertThat(health.excluded()).isEmpty();
    }

    @Test
    void failuresOfLongAgoDoNotCount() {
        serve("b", 100, 0);
        serve("a", 19, 3);
        clock.advance(Duration.ofSeconds(11));
        serve("b", 100, 0);
        serve("a", 19, 3);

        assertThat(health.excluded()).isEmpty();
    }

    @Test
    void endpointThatLeavesIsForgotten() {
        fail("a", 3);
        health.retain(Set.of("b", "c", "d"));

        assertThat(health.isOut("a")).isFalse();
        assertThat(health.watched()).isEmpty();
    }
}
