package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.scheduling.SchedulingPlan;
import org.junit.jupiter.api.Test;

class ReloadablePlanTest {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n";

    private final ReloadablePlan plan = new ReloadablePlan(
            TestPlugins.loader(), HEAD + "  - {name: a, type: load-aware-scorer}\n  - type: queue-scorer\n", "f");

    @Test
    void aValidTextReplacesThePlan() {
        assertThat(plan.replace(HEAD + "  - type: random-picker\n", "f")).isEmpty();
        assertThat(plan.current().describe()).contains("  picker random-picker");
    }

    @Test
    void aTextWithErrorsChangesNothing() {
        SchedulingPlan before = plan.current();
        assertThat(plan.replace(HEAD + "  - type: ghost\n", "f"))
                .singleElement()
                .matches(Finding::isError);
        assertThat(plan.current()).isSameAs(before);
    }

    @Test
    void pluginsThatStayTheSameAreKeptAndChangedOnesAreNot() {
        Object queue = plan.loaded().instances().get("queue-scorer").plugin();
        Object loadAware = plan.loaded().instances().get("a").plugin();
        plan.replace(
                HEAD + "  - {name: a, type: load-aware-scorer, parameters: {threshold: 5}}\n  - type: queue-scorer\n",
                "f");
        assertThat(plan.loaded().instances().get("queue-scorer").plugin()).isSameAs(queue);
        assertThat(plan.loaded().instances().get("a").plugin()).isNotSameAs(loadAware);
    }

    @Test
    void aRefusedTextAtTheStartIsAnExceptionWithAllFindings() {
        assertThatThrownBy(() -> new ReloadablePlan(
                        TestPlugins.loader(), HEAD + "  - type: ghost\n  - type: spook\n", "start.yaml"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("start.yaml:4:plugins[0].type")
                .hasMessageContaining("start.yaml:5:plugins[1].type");
    }
}
