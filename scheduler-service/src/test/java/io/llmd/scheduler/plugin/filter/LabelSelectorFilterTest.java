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

class LabelSelectorFilterTest {

    private final Candidates candidates = Candidates.of(
            labelled("a", Map.of("gpu", "h200", "zone", "1")),
            labelled("b", Map.of("gpu", "a100")),
            labelled("c", Map.of()));

    @Test
    void anEmptySelectorKeepsAll() {
        assertThat(keeps("")).containsExactly("a", "b", "c");
    }

    @Test
    void allLabelsMustHaveTheirValues() {
        assertThat(keeps("matchLabels: {gpu: h200, zone: 1}")).containsExactly("a");
        assertThat(keeps("matchLabels: {gpu: h200, zone: 2}")).isEmpty();
    }

    @Test
    void inKeepsListedValues() {
        assertThat(keeps("matchExpressions: [{key: gpu, operator: In, values: [a100, l4]}]"))
                .containsExactly("b");
    }

    @Test
    void notInKeepsOtherValuesAndAbsentLabels() {
        assertThat(keeps("matchExpressions: [{key: gpu, operator: NotIn, values: [a100]}]"))
                .containsExactly("a", "c");
    }

    @Test
    void existsAndDoesNotExistLookAtTheKeyOnly() {
        assertThat(keeps("matchExpressions: [{key: gpu, operator: Exists}]")).containsExactly("a", "b");
        assertThat(keeps("matchExpressions: [{key: gpu, operator: DoesNotExist}]"))
                .containsExactly("c");
    }

    @Test
    void expressionsAndLabelsMustAllHold() {
        assertThat(keeps("{matchLabels: {gpu: h200}, matchExpressions: [{key: zone, operator: DoesNotExist}]}"))
                .isEmpty();
    }

    @Test
    void operatorAndItsValuesMustFit() {
        assertThatThrownBy(() -> keeps("matchExpressions: [{key: gpu, operator: In}]"))
                .hasMessageContaining("values: [] (expected: at least one for In)");
        assertThatThrownBy(() -> keeps("matchExpressions: [{key: gpu, operator: Exists, values: [x]}]"))
                .hasMessageContaining("[x] (expected: none for Exists)");
        assertThatThrownBy(() -> keeps("matchExpressions: [{key: gpu, operator: Gt, values: [x]}]"))
                .hasMessageContaining("Gt (expected: one of In, NotIn, Exists, DoesNotExist)");
    }

    private List<String> keeps(String parameters) {
        LabelSelectorFilter filter =
                new LabelSelectorFilter(ParameterBinder.bind(LabelSelectorFilter.Params.class, parameters));
        return names(filter.filter(request(), candidates));
    }
}
