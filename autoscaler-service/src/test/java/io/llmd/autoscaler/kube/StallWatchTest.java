package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An HPA that does what HPAs do, and what is noticed of it. */
class StallWatchTest {

    private static final KubeVariant VARIANT =
            new KubeVariant("n/v", new TargetRef("n", "apps/v1", "Deployment", "v"), Actuation.METRIC);
    private static final String HPA = """
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
             "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "v"}, "minReplicas": 1, "maxReplicas": 40%s}}""";

    private final StallWatch watch = new StallWatch();

    private static HpaState hpa(String behavior) {
        return HpaState.of(Serialization.unmarshal(HPA.formatted(behavior), GenericKubernetesResource.class));
    }

    /** What is said after so many seconds of an HPA that follows what it does not ignore. */
    private StallWatch.Lag after(int seconds, int current, int desired, HpaState hpa) {
        StallWatch.Lag lag = StallWatch.Lag.NONE;
        int specified = current;
        for (int now = 0; now <= seconds; now += 15) {
            lag = watch.look(VARIANT, desired, specified, List.of(hpa), now);
            specified = hpa.ignores(specified, desired) ? specified : desired;
        }
        return lag;
    }

    @Test
    @DisplayName("row 58: 11 instead of 10 is ignored by an HPA as it comes, which is told after three looks; 12 acts")
    @Tag("autoscaling-58")
    void theToleranceOfAnHpaIsNoticed() {
        HpaState usual = hpa("");
        assertThat(after(30, 10, 11, usual).isStalled()).isFalse();
        StallWatch.Lag stalled = after(45, 10, 11, usual);
        assertThat(stalled.isStalled()).isTrue();
        assertThat(stalled.reason()).startsWith("HPA_TOLERANCE: h ignores 10 to 11");
        assertThat(after(45, 10, 12, usual)).isEqualTo(StallWatch.Lag.NONE);
        assertThat(usual.ignores(10, 9)).isTrue();
        assertThat(usual.ignores(9, 10)).isFalse();
        assertThat(usual.ignores(9, 8)).isFalse();
    }

    @Test
    @DisplayName("row 58: the tolerance is read back from the HPA")
    @Tag("autoscaling-58")
    void aToleranceOfZeroIgnoresNothing() {
        HpaState exact =
                hpa(", \"behavior\": {\"scaleUp\": {\"tolerance\": \"0\"}, \"scaleDown\": {\"tolerance\": \"50m\"}}");
        assertThat(exact.upTolerance()).isZero();
        assertThat(exact.downTolerance()).isEqualTo(0.05);
        assertThat(after(45, 10, 11, exact)).isEqualTo(StallWatch.Lag.NONE);
        assertThat(exact.ignores(40, 39)).isTrue();
    }

    @Test
    @Tag("autoscaling-40")
    void whatAnHpaScalesIsNotScaledHereAsWellAndSaidAtOnce() {
        KubeVariant ours = new KubeVariant("n/v", VARIANT.target(), Actuation.SCALE);
        assertThat(StallWatch.isUnowned(ours, List.of(hpa("")))).isFalse();
        assertThat(StallWatch.isUnowned(ours, null)).as("HPAs are not known").isFalse();
        assertThat(StallWatch.isUnowned(ours, List.of())).isTrue();
        assertThat(watch.look(ours, 5, 5, List.of(hpa("")), 0).reason()).startsWith("TWO_OWNERS: [h]");
        assertThat(watch.look(ours, 5, 5, List.of(), 1)).isEqualTo(StallWatch.Lag.NONE);
    }

    @Test
    void whyElseNothingHappensIsSaid() {
        watch.look(VARIANT, 5, 2, List.of(), 0);
        assertThat(watch.look(VARIANT, 5, 2, List.of(), 50).reason()).startsWith("NO_HPA");
        assertThat(watch.look(VARIANT, 5, 2, List.of(hpa(""), hpa("")), 51).reason())
                .startsWith("TWO_HPAS");
        assertThat(watch.look(VARIANT, 5, 2, List.of(hpa("")), 52).reason()).startsWith("NOT_CARRIED_OUT: h");
        assertThat(watch.look(VARIANT, 5, 2, null, 53).reason()).contains("cannot be read");
        watch.look(VARIANT, 50, 2, List.of(hpa("")), 60);
        assertThat(watch.look(VARIANT, 50, 2, List.of(hpa("")), 110).reason()).startsWith("HPA_BOUNDS");
        KubeVariant advised = new KubeVariant("n/v", VARIANT.target(), Actuation.ADVISORY);
        assertThat(watch.look(advised, 50, 2, List.of(), 200)).isEqualTo(StallWatch.Lag.NONE);
    }
}
