package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.llmd.autoscaler.loop.Office;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Numbers that outlive their leader. */
class KubeOfficeTest {

    private static final String PATH = "/api/v1/namespaces/n/configmaps/llmd-numbers";

    private final FakeApi api = new FakeApi();
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");
    private boolean leads = true;
    private final KubeOffice office = office(() -> leads);

    private KubeOffice office(java.util.function.BooleanSupplier leadership) {
        return new KubeOffice(api, "n", "llmd-numbers", leadership, Duration.ofMinutes(5), () -> now);
    }

    private ConfigMap stored() throws Exception {
        Map<String, String> data = new HashMap<>();
        ((Map<?, ?>) api.found(PATH).get("data")).forEach((key, value) -> data.put((String) key, (String) value));
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName("llmd-numbers")
                .endMetadata()
                .withData(data)
                .build();
    }

    @Test
    @Tag("autoscaling-60")
    void thatNothingIsScaledIsKnownAsWellAndHowOldThatIs() throws Exception {
        office.replaced(List.of());
        KubeOffice other = office(() -> false);
        assertThat(other.isKnown()).isFalse();
        office.publish(Map.of());
        office.write();
        other.replaced(List.of(stored()));
        now = now.plusSeconds(200);
        assertThat(other.isKnown()).isTrue();
        assertThat(other.age()).hasSeconds(200);
        now = now.plusSeconds(200);
        assertThat(other.isKnown()).isFalse();
    }

    @Test
    void whatAnEarlierProcessHasWrittenAndNobodyScalesAnyMoreIsRemoved() throws Exception {
        office.replaced(List.of());
        office.publish(Map.of("n/a", new Office.Shared(5, 3)));
        office.write();
        KubeOffice anew = office(() -> true);
        anew.replaced(List.of(stored()));
        anew.publish(Map.of("n/b", new Office.Shared(1, 1)));
        anew.write();
        assertThat(stored().getData()).containsOnlyKeys("at", "n_b");
    }

    @Test
    @Tag("autoscaling-61")
    void whatOneWritesTheOtherShows() throws Exception {
        office.replaced(List.of());
        office.publish(Map.of("n/a", new Office.Shared(5, 3), "n/b", new Office.Shared(0, 0)));
        office.write();
        office.publish(Map.of("n/a", new Office.Shared(6, 5)));
        office.write();
        KubeOffice other = office(() -> false);
        assertThat(other.isLeader()).isFalse();
        other.replaced(List.of(stored()));
        assertThat(other.published()).containsExactly(Map.entry("n/a", new Office.Shared(6, 5)));
        now = now.plusSeconds(301);
        assertThat(other.published()).as("too old to be carried out").isEmpty();
    }

    @Test
    void nobodyLeadsBeforeWhatWasPublishedIsKnown() {
        assertThat(office.isLeader()).isFalse();
        office.replaced(List.of());
        assertThat(office.isLeader()).isTrue();
    }

    @Test
    void onlyTheLeaderWrites() {
        office.replaced(List.of());
        office.publish(Map.of("n/a", new Office.Shared(5, 3)));
        leads = false;
        office.write();
        assertThat(api.writes()).isEmpty();
    }

    @Test
    void theSameNumbersAreWrittenNowAndThen() {
        office.replaced(List.of());
        for (int i = 0; i < 12; i++) {
            office.publish(Map.of("n/a", new Office.Shared(5, 3)));
            office.write();
            now = now.plusSeconds(10);
        }
        assertThat(api.writes().stream().filter(call -> call.equals("CREATE /api/v1/namespaces/n/configmaps")))
                .hasSize(1);
        assertThat(api.writes())
                .as("each 30 s, the first by a patch of what is not there")
                .hasSize(1 + 4);
    }
}
