package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.datalayer.SourceBinding;
import io.llmd.scheduler.parser.ParseOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.nio.ByteBuffer;
import java.util.Map;
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
    void whereEndpointsAreCannotChangeWithoutARestart() {
        EndpointPickerConfigLoader loader = new EndpointPickerConfigLoader(TestPlugins.registered(), false);
        String text = HEAD
                + "  - {name: list, type: file-discovery, parameters: {path: a.yaml}}\ndataLayer: {discovery: {pluginRef: list}}\n";
        ReloadablePlan running = new ReloadablePlan(loader, text, "f");
        LoadResult.Loaded before = running.loaded();
        assertThat(running.replace(text.replace("a.yaml", "b.yaml"), "f"))
                .extracting(Finding::toString)
                .containsExactly(
                        "f:5:dataLayer.discovery: changed (expected: as before, since a change of it needs a restart)");
        assertThat(running.replace(HEAD + "  - type: queue-scorer\n", "f"))
                .extracting(Finding::field)
                .containsExactly("dataLayer.discovery");
        assertThat(running.loaded()).isSameAs(before);
        assertThat(running.replace(text + "# another remark\n", "f")).isEmpty();
        assertThat(running.loaded()).isNotSameAs(before);
    }

    @Test
    void parsersAndSourcesFollow() {
        plan.replace(
                HEAD
                        + "  - {name: slow, type: metrics-data-source, parameters: {interval: 1s}}\n  - type: core-metrics-extractor\n"
                        + "dataLayer:\n  sources:\n    - {pluginRef: slow, extractors: [{pluginRef: core-metrics-extractor}]}\n"
                        + "requestHandler:\n  parsers:\n    - pluginRef: sglanghttp-parser\n",
                "f");
        assertThat(plan.loaded().sources()).extracting(SourceBinding::name).containsExactly("slow");
        assertThat(plan.loaded().parsers().parse("/v1/completions", Map.of(), ByteBuffer.allocate(0)))
                .isInstanceOf(ParseOutcome.Malformed.class);
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
