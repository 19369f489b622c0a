package io.llmd.scheduler.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.Finding;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ResourceReaderTest {

    private static final String POOL = "  poolRef: {name: pool}\n";

    private static LoadedResources read(String... texts) {
        List<ResourceFile> files = new java.util.ArrayList<>();
        for (String text : texts) {
            files.add(new ResourceFile("f" + (files.size() + 1) + ".yaml", text));
        }
        return new ResourceReader(PoolName.of("pool")).read(files);
    }

    private static String head(String version, String kind, String name) {
        return "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec:\n" + POOL;
    }

    private static String objective(String name, String spec) {
        return head("llm-d.ai/v1alpha2", "InferenceObjective", name) + spec;
    }

    private static String rewrite(String name, String rules) {
        return head("llm-d.ai/v1alpha2", "InferenceModelRewrite", name) + "  rules:\n" + rules;
    }

    private static String target(LoadedResources loaded, String model) {
        RewriteRule rule = loaded.resources().rewrites().rule(model);
        return rule == null ? model : rule.target(0);
    }

    private static List<String> errors(LoadedResources loaded) {
        return loaded.findings().stream()
                .filter(Finding::isError)
                .map(Finding::toString)
                .toList();
    }

    @Test
    void objectivesGivePrioritiesAndThoseThatSayNoneDesireNoBand() {
        LoadedResources loaded = read(
                objective("high", "  priority: 10\n") + "---\n" + objective("plain", ""),
                objective("batch", "  priority: -5\n"));

        assertThat(loaded.findings()).isEmpty();
        assertThat(loaded.resources().priorities())
                .containsEntry("high", 10)
                .containsEntry("plain", 0)
                .containsEntry("batch", -5);
        assertThat(loaded.resources().desiredPriorities()).containsExactly(-5, 10);
    }

    @Test
    void resourcesOfOtherPoolsAndKindsArePassedOver() {
        LoadedResources loaded = read(
                objective("other", "  priority: 1\n").replace("name: pool}", "name: pool-2}") + "---\n"
                        + objective("group", "  priority: 1\n")
                                .replace("{name: pool", "{group: example.com, name: pool"),
                "apiVersion: v1\nkind: ConfigMap\n");

        assertThat(errors(loaded)).isEmpty();
        assertThat(loaded.findings()).hasSize(3);
        assertThat(loaded.resources().priorities()).isEmpty();
    }

    @Test
    void theFormerGroupIsReadUnlessTheKindIsThereInTheCurrentOne() {
        String former = head("inference.networking.x-k8s.io/v1alpha2", "InferenceObjective", "old") + "  priority: 3\n";

        assertThat(read(former).resources().priorities()).containsEntry("old", 3);
        assertThat(read(former, objective("new", "  priority: 4\n")).resources().priorities())
                .containsOnlyKeys("new");
    }

    @Test
    void anExactRuleGoesBeforeAnOlderOneForAllModels() {
        String generic = rewrite("a-generic", "    - targets: [{modelRewrite: general}]\n")
                .replace("name: a-generic}", "name: a-generic, creationTimestamp: 2020-01-01T00:00:00Z}");
        String exact = rewrite(
                        "z-exact", "    - matches: [{model: {value: m}}]\n      targets: [{modelRewrite: special}]\n")
                .replace("name: z-exact}", "name: z-exact, creationTimestamp: 2025-01-01T00:00:00Z}");

        LoadedResources loaded = read(generic, exact);

        assertThat(errors(loaded)).isEmpty();
        assertThat(target(loaded, "m")).isEqualTo("special");
        assertThat(target(loaded, "n")).isEqualTo("general");
    }

    @Test
    void ofEqualRulesTheOldestCountsThenTheNameThenTheOrderInTheList() {
        String rules =
                "    - matches: [{model: {value: m}}]\n      targets: [{modelRewrite: NAME-1}]\n    - matches: [{model: {value: m}}]\n      targets: [{modelRewrite: NAME-2}]\n";
        String a = rewrite("a", rules.replace("NAME", "a"));
        String b = rewrite("b", rules.replace("NAME", "b"));

        assertThat(target(read(b, a), "m")).isEqualTo("a-1");
        String older = b.replace("name: b}", "name: b, creationTimestamp: 2020-01-01T00:00:00Z}");
        assertThat(target(read(a, older), "m")).isEqualTo("b-1");
    }

    @Test
    void whatIsWrongIsNamedWithFileAndLine() {
        LoadedResources loaded = read(
                objective("high", "  priority: urgent\n  colour: red\n"),
                rewrite("r", "    - targets: [{modelRewrite: m, weight: -1}]\n"),
                "apiVersion: llm-d.ai/v1alpha2\nkind: InferenceObjective\nmetadata: {name: x}\nspec: {priority: 1}\n",
                "apiVersion: llm-d.ai/v9\nkind: InferenceObjective\n");

        assertThat(errors(loaded))
                .containsExactlyInAnyOrder(
                        "f1.yaml:6:spec.priority: urgent (expected: a whole number from -2147483648 to 2147483647)",
                        "f1.yaml:7:spec.colour: unknown field (expected: one of [poolRef, priority])",
                        "f2.yaml:7:spec.rules[0].targets[0].weight: -1 (expected: a whole number from 0 to 1000000)",
                        "f3.yaml:4:spec.poolRef: missing (expected: a mapping)",
                        "f4.yaml:1:apiVersion: llm-d.ai/v9 (expected: llm-d.ai/v1alpha2 or inference.networking.x-k8s.io/v1alpha2)");
    }

    @Test
    @Tag("inference-api-A17")
    void targetsWithoutAWeightBesideWeightedOnesAreToldOf() {
        LoadedResources mixed =
                read(rewrite("r", "    - targets: [{modelRewrite: a, weight: 1}, {modelRewrite: b}]\n"));
        assertThat(errors(mixed)).isEmpty();
        assertThat(mixed.findings())
                .singleElement()
                .asString()
                .contains("targets without a weight are never chosen beside weighted ones");
    }

    @Test
    void anObjectiveThatIsDeclaredTwiceIsRefused() {
        assertThat(errors(read(objective("a", ""), objective("a", ""))))
                .containsExactly("f2.yaml:1:metadata.name: a is declared twice (expected: once)");
    }
}
