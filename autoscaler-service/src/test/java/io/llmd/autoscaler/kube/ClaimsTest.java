package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two controllers and one target. */
class ClaimsTest {

    private static final KubeVariant VARIANT =
            new KubeVariant("n/v", new TargetRef("n", "apps/v1", "Deployment", "v"), Actuation.METRIC);

    private final FakeApi api = new FakeApi();
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");

    private Claims claims(String instance) {
        return new Claims(api, instance, Duration.ofMinutes(3), () -> now);
    }

    @Test
    @DisplayName("row 40: two controllers that claim one target both learn of the other")
    @Tag("autoscaling-40")
    void bothLearnOfEachOther() {
        Claims first = claims("llmd-a");
        Claims second = claims("llmd-b");
        first.renew(List.of(VARIANT));
        assertThat(first.conflicts("n/v")).isEmpty();
        second.renew(List.of(VARIANT));
        assertThat(second.conflicts("n/v")).containsEntry("n/v", "llmd-a");
        first.renew(List.of(VARIANT));
        assertThat(first.conflicts("n/v")).containsEntry("n/v", "llmd-b");
        assertThat(api.writes()).as("the target itself is not touched").allMatch(call -> call.contains("/leases"));
    }

    @Test
    @Tag("autoscaling-40")
    void nothingIsWrittenBeforeItIsClaimed() {
        Claims first = claims("llmd-a");
        assertThat(first.isAlone("n/v")).as("not claimed yet").isFalse();
        first.claimNew(List.of(VARIANT));
        assertThat(first.isAlone("n/v")).isTrue();
        first.claimNew(List.of(VARIANT));
        assertThat(api.writes()).as("claimed once").hasSize(2);
        Claims second = claims("llmd-b");
        second.claimNew(List.of(VARIANT));
        assertThat(second.isAlone("n/v")).isFalse();
        now = now.plusSeconds(200);
        assertThat(first.isAlone("n/v")).as("its claim is over").isFalse();
        first.renew(List.of());
        assertThat(first.conflicts("n/v")).isEmpty();
    }

    @Test
    @Tag("autoscaling-40")
    void controllersOfOneNameInTwoNamespacesAreTwo() {
        Claims first = claims(Claims.identity("team-a", "llmd"));
        first.renew(List.of(VARIANT));
        Claims second = claims(Claims.identity("team-b", "llmd"));
        second.renew(List.of(VARIANT));
        assertThat(second.conflicts("n/v")).containsEntry("n/v", "team-a.llmd");
        assertThat(Claims.identity("n".repeat(63), "i".repeat(63))).hasSize(63);
    }

    @Test
    void aClaimThatIsNotRenewedEnds() {
        Claims first = claims("llmd-a");
        claims("llmd-b").renew(List.of(VARIANT));
        first.renew(List.of(VARIANT));
        assertThat(first.conflicts("n/v")).isNotEmpty();
        now = now.plusSeconds(200);
        first.renew(List.of(VARIANT));
        assertThat(first.conflicts("n/v")).isEmpty();
    }

    @Test
    void replicasOfOneControllerAreNoOthers() {
        claims("llmd-a").renew(List.of(VARIANT));
        Claims other = claims("llmd-a");
        other.renew(List.of(VARIANT));
        assertThat(other.conflicts("n/v")).isEmpty();
        assertThatThrownBy(() -> claims("A/b")).hasMessageContaining("autoscaler.kubernetes.instance");
    }
}
