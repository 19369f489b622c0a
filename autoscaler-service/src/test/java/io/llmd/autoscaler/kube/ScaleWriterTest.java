package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.kube.KubeException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is changed in a cluster, and nothing else. */
class ScaleWriterTest {

    private static final String SCALE = "/apis/apps/v1/namespaces/n/deployments/v/scale";
    private static final KubeVariant VARIANT =
            new KubeVariant("n/v", new TargetRef("n", "apps/v1", "Deployment", "v"), Actuation.SCALE);

    private final FakeApi api = new FakeApi();
    private final Map<String, String> pods = new TreeMap<>();
    private final ScaleWriter writer = new ScaleWriter(api, variant -> pods);

    @BeforeEach
    void thereAreFour() {
        api.put(SCALE, Map.of("spec", Map.of("replicas", 4)));
        for (String name : List.of("p1", "p2", "p3", "p4")) {
            pods.put(name, "n/" + name + "@u");
            api.put("/api/v1/namespaces/n/pods/" + name, Map.of());
        }
    }

    private static VariantDecision decided(int current, int desired) {
        VariantDecision.Predicted nothing = new VariantDecision.Predicted(0, 0);
        return new VariantDecision(
                "n/v", "unified", "", current, desired, List.of(), List.of(), "", Map.of(), Map.of(), nothing, null, 0,
                "", "");
    }

    private int specified() throws KubeException {
        return (Integer) ((Map<?, ?>) api.found(SCALE).get("spec")).get("replicas");
    }

    private String cost(String pod) throws KubeException {
        Map<?, ?> meta =
                (Map<?, ?>) api.found("/api/v1/namespaces/n/pods/" + pod).get("metadata");
        return meta.get("annotations") instanceof Map<?, ?> all
                ? String.valueOf(all.get(DeletionCosts.ANNOTATION))
                : "";
    }

    @Test
    @DisplayName("row 63: of 9k, 1k, 7k and 8k tokens the pod with 1k is the cheapest to end")
    @Tag("autoscaling-63")
    void podsAreMarkedByTheTokensThatTheyHold() throws Exception {
        Map<String, Double> held = Map.of("n/p1@u", 9_000.0, "n/p2@u", 1_000.0, "n/p3@u", 7_000.0, "n/p4@u", 8_000.0);
        assertThat(writer.carryOut(VARIANT, decided(4, 3), held, 0)).isEqualTo(OptionalInt.of(3));
        assertThat(specified()).isEqualTo(3);
        assertThat(cost("p1")).isEqualTo("9000");
        assertThat(cost("p2")).isEqualTo("1000");
        assertThat(cost("p3")).isEqualTo("7000");
        assertThat(cost("p4")).isEqualTo("8000");
        assertThat(api.writes()).last().as("pods first, then the number").isEqualTo("PATCH " + SCALE);
    }

    @Test
    @Tag("autoscaling-63")
    void aPodThatIsNotHeardGoesLast() throws Exception {
        writer.carryOut(VARIANT, decided(4, 3), Map.of("n/p1@u", 9_000.0, "n/p2@u", 1_000.0), 0);
        assertThat(cost("p3")).isEqualTo("9001");
        assertThat(cost("p4")).isEqualTo("9001");
    }

    @Test
    void moreTakesTheNumberAlone() throws Exception {
        writer.carryOut(VARIANT, decided(4, 6), Map.of("n/p1@u", 9_000.0), 0);
        assertThat(specified()).isEqualTo(6);
        assertThat(api.writes()).containsExactly("PATCH " + SCALE);
    }

    @Test
    void theSameNumberWritesNothing() {
        writer.carryOut(VARIANT, decided(4, 4), Map.of(), 0);
        assertThat(api.writes()).isEmpty();
    }

    @Test
    void aNumberThatSomebodyHasChangedSinceIsLeftToTheNextCycle() throws Exception {
        api.put(SCALE, Map.of("spec", Map.of("replicas", 9)));
        assertThat(writer.carryOut(VARIANT, decided(4, 3), Map.of(), 0)).isEqualTo(OptionalInt.of(9));
        assertThat(specified()).isEqualTo(9);
        assertThat(api.writes()).isEmpty();
    }

    @Test
    void aTargetThatIsGoneIsNoFailure() {
        KubeVariant other = new KubeVariant("n/w", new TargetRef("n", "apps/v1", "Deployment", "w"), Actuation.SCALE);
        assertThat(writer.carryOut(other, decided(4, 3), Map.of(), 0)).isEmpty();
    }
}
