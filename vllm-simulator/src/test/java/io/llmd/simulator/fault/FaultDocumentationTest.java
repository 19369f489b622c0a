package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.Documentation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultDocumentationTest {

    private static List<String> names(String table) {
        return Documentation.table(table).stream()
                .flatMap(row -> Documentation.code(row.getFirst()).stream())
                .toList();
    }

    @Test
    void faultsOfRequestsAreListedInTheirOrderWithTheirParameters() {
        assertThat(names("fault of requests")).isEqualTo(FaultKind.names());
        assertThat(Documentation.table("fault of requests"))
                .allSatisfy(row -> assertThat(Documentation.code(row.get(1)))
                        .isEqualTo(
                                FaultKind.of(Documentation.code(row.getFirst()).getFirst())
                                        .parameters()));
    }

    @Test
    void allFieldsOfTheConfigurationAreListed() {
        List<String> listed = new ArrayList<>(names("fault of requests"));
        listed.addAll(names("fault of the endpoint"));
        listed.addAll(names("step time"));
        listed.addAll(List.of("fake-metrics", "failure-injection-rate", "failure-types"));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(FaultFields.names());
    }

    @Test
    void parametersOfAllFaultsAreThoseOfATrigger() {
        assertThat(names("parameter of all of them")).isEqualTo(InjectionFields.TRIGGER);
    }
}
