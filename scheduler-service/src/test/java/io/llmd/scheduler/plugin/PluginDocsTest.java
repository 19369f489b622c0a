package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PluginDocsTest {

    private static final Path DOCS = Path.of("..", "docs", "plugins");

    private static final PluginRegistry REGISTRY = TestPlugins.registered();

    static Stream<String> types() {
        return REGISTRY.types().stream();
    }

    @Test
    void theTypesAreThoseOfTheWholeService() {
        assertThat(REGISTRY.types())
                .containsAll(new PluginRegistry(TestPlugins.real()).types())
                .contains("approx-prefix-cache-producer", "inflight-load-producer", "token-producer", "file-discovery");
    }

    @Test
    void everyPageIsAboutATypeAndTheIndexListsNoOthers() throws IOException {
        try (Stream<Path> pages = Files.list(DOCS)) {
            assertThat(pages.map(page -> page.getFileName().toString().replaceFirst("\\.md$", "")))
                    .filteredOn(name -> !name.equals("README"))
                    .containsExactlyInAnyOrderElementsOf(REGISTRY.types());
        }
        assertThat(Pattern.compile("(?m)^\\| \\[([a-z0-9-]+)]\\(")
                        .matcher(Files.readString(DOCS.resolve("README.md")))
                        .results()
                        .map(row -> row.group(1)))
                .containsExactlyInAnyOrderElementsOf(REGISTRY.types());
    }

    @ParameterizedTest
    @MethodSource("types")
    void eachTypeHasAPageThatNamesItsParameters(String type) throws IOException {
        String page = Files.readString(DOCS.resolve(type + ".md"));
        PluginFactory<?> factory = REGISTRY.find(type);
        assertThat(page).startsWith("# " + type).contains("## Parameters", "## Stale or missing data");
        assertThat(parameters(factory.paramsType(), ""))
                .allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
        assertThat(factory.aliases()).allSatisfy(alias -> assertThat(page).contains("`" + alias + "`"));
    }

    @ParameterizedTest
    @MethodSource("types")
    void theIndexLinksEachPage(String type) throws IOException {
        assertThat(Files.readString(DOCS.resolve("README.md"))).contains("[" + type + "](" + type + ".md)");
    }

    /** Every configuration of every page. */
    static Stream<Arguments> examples() throws IOException {
        List<Arguments> examples = new ArrayList<>();
        for (String type : REGISTRY.types()) {
            String page = Files.readString(DOCS.resolve(type + ".md"));
            Matcher block = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(page);
            while (block.find()) {
                if (block.group(1).contains("plugins:")) {
                    examples.add(Arguments.of(type, block.group(1)));
                }
            }
        }
        return examples.stream();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void eachExampleLoads(String type, String example) {
        String head =
                example.contains("apiVersion:") ? "" : "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";
        assertThat(new EndpointPickerConfigLoader(REGISTRY, true)
                        .load(head + example, type)
                        .findings())
                .as("but for certificates, which are not here")
                .filteredOn(Finding::isError)
                .allSatisfy(finding -> assertThat(finding.message()).endsWith("(expected: a readable file)"));
    }

    private static List<String> parameters(Class<?> type, String path) {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            names.add(path + ParameterBinder.nameOf(component));
            if (component.getType().isRecord()) {
                names.addAll(parameters(component.getType(), path + ParameterBinder.nameOf(component) + "."));
            }
        }
        return names;
    }
}
