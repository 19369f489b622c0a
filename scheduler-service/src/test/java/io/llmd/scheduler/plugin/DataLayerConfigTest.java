package io.llmd.scheduler.plugin;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.datalayer.SourceBinding;
import io.llmd.scheduler.datalayer.SourceBinding.NamedExtractor;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointAttributes;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.NamedPlugin;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DataLayerConfigTest {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

    private final EndpointPickerConfigLoader loader =
            new EndpointPickerConfigLoader(new PluginRegistry(TestPlugins.all()), true);

    @Test
    void theMetricsSourceAndTheCoreExtractorAreAddedAndBound() {
        assertThat(bindings(loaded(HEAD + "plugins: []\n")))
                .containsExactly("metrics-data-source <- core-metrics-extractor");
    }

    @Test
    void aMetricsSourceOfAnotherNameIsRecognisedByItsType() {
        assertThat(bindings(loaded(HEAD + """
                plugins:
                  - {name: scrape, type: metrics-data-source, parameters: {interval: 200ms}}
                  - {name: core, type: core-metrics-extractor}
                dataLayer:
                  sources:
                    - {pluginRef: scrape, extractors: [{pluginRef: core}]}
                """))).containsExactly("scrape <- core");
    }

    @Test
    void sourcesOfOtherKindsComeBesideTheAddedOne() {
        assertThat(bindings(loaded(HEAD + """
                plugins:
                  - type: models-data-source
                  - type: models-data-extractor
                  - type: dcgm-data-source
                  - type: dcgm-extractor
                  - type: endpoint-notification-source
                dataLayer:
                  sources:
                    - {pluginRef: models-data-source, extractors: [{pluginRef: models-data-extractor}]}
                    - {pluginRef: dcgm-data-source, extractors: [{pluginRef: dcgm-extractor}]}
                    - {pluginRef: endpoint-notification-source}
                """)))
                .containsExactly(
                        "models-data-source <- models-data-extractor",
                        "dcgm-data-source <- dcgm-extractor",
                        "endpoint-notification-source <- ",
                        "metrics-data-source <- core-metrics-extractor");
    }

    @Test
    void clustersAreReadByTheirOwnTypes() {
        assertThat(bindings(loaded(HEAD + """
                plugins:
                  - type: multicluster-metrics-data-source
                  - type: multicluster-metrics-extractor
                  - type: multicluster-queue-scorer
                dataLayer:
                  injectDefaults: false
                  sources:
                    - pluginRef: multicluster-metrics-data-source
                      extractors: [{pluginRef: multicluster-metrics-extractor}]
                """)))
                .containsExactly("multicluster-metrics-data-source <- multicluster-metrics-extractor");
    }

    @Test
    void aWatchThatNobodyKeepsIsAcceptedWithAWarning() {
        LoadResult.Loaded loaded = loaded(HEAD + """
                plugins:
                  - {name: pods, type: k8s-notification-source, parameters: {version: v1, kind: Pod}}
                dataLayer:
                  sources:
                    - pluginRef: pods
                """);
        assertThat(loaded.findings())
                .extracting(Finding::toString)
                .containsExactly("f:7:dataLayer.sources[0].pluginRef: nobody watches v1 Pod while endpoints come from a"
                        + " file or from settings");
    }

    @Test
    void aSourceThatIsNotChangedIsKeptOverAReload() {
        String text = HEAD + "plugins: []\n";
        LoadResult.Loaded first = loaded(text);
        LoadResult.Loaded second =
                loader.load(text + "# changed\n", "f", first.instances()).orThrow();
        assertThat(second.sources()).isEqualTo(first.sources());
    }

    @Test
    void customNumbersReachFiltersUnderTheNameOfTheTypeAndOfTheInstance() {
        for (String producer : List.of("", "      producer: core-metrics-extractor\n", "      producer: mine\n")) {
            LoadResult.Loaded loaded = loaded(
                    HEAD + """
                    plugins:
                      - name: cool
                        type: endpoint-attribute-filter
                        parameters:
                          attribute: temperature
                          algorithm: {type: threshold, threshold: {operator: LessThan, value: 50}}
                      - type: metrics-data-source
                      - name: mine
                        type: core-metrics-extractor
                        parameters:
                          engineConfigs:
                            - {name: vllm, customMetrics: [{attributeKey: temperature, metricSpec: "gpu_temp{gpu=0}"}]}
                    dataLayer:
                      sources:
                        - {pluginRef: metrics-data-source, extractors: [{pluginRef: mine}]}
                    """.replace("      attribute: temperature\n", "      attribute: temperature\n" + producer));
            assertThat(loaded.findings()).isEmpty();
            Candidates candidates = Candidates.of(withNumber("hot", 80), withNumber("mild", 40));
            for (NamedPlugin<DataProducer> named : loaded.plan().producers()) {
                named.plugin().produce(request(), candidates);
            }
            Filter filter = (Filter) loaded.instances().get("cool").plugin();
            assertThat(names(filter.filter(request(), candidates))).containsExactly("mild");
        }
    }

    @Test
    void aNumberThatNoExtractorReadsIsNamed() {
        LoadResult.Loaded loaded = loaded(HEAD + """
                plugins:
                  - type: endpoint-attribute-filter
                    parameters:
                      attribute: temperature
                      algorithm: {type: threshold, threshold: {operator: LessThan, value: 50}}
                """);
        assertThat(loaded.findings())
                .extracting(Finding::toString)
                .containsExactly(
                        "f:4:plugins[0]: endpoint-attribute-filter would use temperature/core-metrics-extractor and"
                                + " no plugin produces it");
    }

    @Test
    void modelsReachDecisionsAsAColumn() {
        LoadResult.Loaded loaded = loaded(HEAD + """
                plugins:
                  - type: models-data-source
                  - type: models-data-extractor
                dataLayer:
                  sources:
                    - {pluginRef: models-data-source, extractors: [{pluginRef: models-data-extractor}]}
                """);
        Endpoint plain = endpoint("plain", 0, 0, 0);
        Endpoint told = new Endpoint(
                plain.metadata(),
                plain.metrics(),
                EndpointAttributes.NONE.with(Map.of("/v1/models/models-data-extractor", List.of("base", "tune-1"))),
                true);
        Candidates candidates = Candidates.of(told, plain);
        loaded.plan().producers().getFirst().plugin().produce(request(), candidates);
        assertThat(candidates.data(DataKeys.servedModels("")).at(0)).containsExactly("base", "tune-1");
        assertThat(candidates.data(DataKeys.servedModels("")).at(1)).isEmpty();
    }

    private static Endpoint withNumber(String name, double number) {
        Endpoint plain = endpoint(name, 0, 0, 0);
        return new Endpoint(
                plain.metadata(),
                plain.metrics(),
                EndpointAttributes.NONE.with(
                        Map.of("temperature/core-metrics-extractor", number, "temperature/mine", number)),
                true);
    }

    private LoadResult.Loaded loaded(String text) {
        return loader.load(text, "f").orThrow();
    }

    private static List<String> bindings(LoadResult.Loaded loaded) {
        return loaded.sources().stream().map(DataLayerConfigTest::binding).toList();
    }

    private static String binding(SourceBinding binding) {
        return binding.name() + " <- "
                + String.join(
                        ",",
                        binding.extractors().stream().map(NamedExtractor::name).toList());
    }
}
