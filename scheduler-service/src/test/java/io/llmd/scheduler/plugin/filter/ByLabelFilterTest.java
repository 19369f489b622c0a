package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ByLabelFilterTest {

    private final Candidates candidates = Candidates.of(
            labelled("a", Map.of("gpu", "h200")), labelled("b", Map.of("gpu", "a100")), labelled("c", Map.of()));

    @Test
    void keepsEndpointsWithAValidValue() {
        assertThat(keeps("{label: gpu, validValues: [h200, b200]}")).containsExactly("a");
    }

    @Test
    void endpointsWithoutTheLabelStayWhenThatIsAllowed() {
        assertThat(keeps("{label: gpu, validValues: [h200], allowsNoLabel: true}"))
                .containsExactly("a", "c");
        assertThat(keeps("{label: gpu, allowsNoLabel: true}")).containsExactly("c");
    }

    @Test
    void aFilterThatCanKeepNobodyIsRefused() {
        assertThatThrownBy(() -> keeps("label: gpu"))
                .hasMessageContaining("validValues: [] (expected: at least one, or allowsNoLabel: true)");
        assertThatThrownBy(() -> keeps("validValues: [a]")).hasMessageContaining("label: is missing");
        assertThatThrownBy(() -> keeps("{label: '', validValues: [a]}"))
                .hasMessageContaining("\"\" (expected: a label name)");
    }

    private List<String> keeps(String parameters) {
        ByLabelFilter filter = new ByLabelFilter(ParameterBinder.bind(ByLabelFilter.Params.class, parameters));
        return names(filter.filter(request(), candidates));
    }
}
