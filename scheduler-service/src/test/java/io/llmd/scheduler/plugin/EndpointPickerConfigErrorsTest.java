package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each refused file with the whole list of its findings; line 4 is the first line under {@code plugins:}. */
class EndpointPickerConfigErrorsTest {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";
    private static final String SCORER = HEAD + "plugins:\n  - type: queue-scorer\n";

    @ParameterizedTest
    @MethodSource("refusedFiles")
    @Tag("scheduling-79")
    @Tag("inference-api-A20")
    @Tag("bad-input-B95")
    @Tag("bad-input-B96")
    void everyProblemIsNamedWithItsLine(String text, List<String> findings) {
        LoadResult result = TestPlugins.loader().load(text, "f");
        assertThat(result).isInstanceOf(LoadResult.Refused.class);
        assertThat(result.findings()).extracting(Finding::toString).containsExactlyElementsOf(findings);
    }

    static Stream<Arguments> refusedFiles() {
        return Stream.of(
                refused(
                        "duplicate plugin name",
                        HEAD + "plugins:\n  - {name: a, type: queue-scorer}\n  - {name: a, type: random-picker}\n",
                        "f:5:plugins[1].name: a (expected: a unique name; line 4 has it already)"),
                refused(
                        "unknown parameter",
                        HEAD + "plugins:\n  - type: load-aware-scorer\n    parameters:\n      treshold: 4\n",
                        "f:6:plugins[0].parameters.treshold: unknown field (expected: one of [threshold]); did you"
                                + " mean threshold?"),
                refused(
                        "parameter for a plugin without any",
                        HEAD + "plugins:\n  - type: queue-scorer\n    parameters: {x: 1}\n",
                        "f:5:plugins[0].parameters.x: unknown field (expected: no fields)"),
                refused(
                        "wrong parameter type",
                        HEAD + "plugins:\n  - type: load-aware-scorer\n    parameters: {threshold: many}\n",
                        "f:5:plugins[0].parameters.threshold: many (expected: a whole number)"),
                refused(
                        "parameter out of range",
                        HEAD + "plugins:\n  - type: prefix-cache-scorer\n    parameters:\n      matchLengthWeight: 2\n",
                        "f:6:plugins[0].parameters.matchLengthWeight: 2.0 (expected: in [0, 1])"),
                refused(
                        "unknown top-level field",
                        SCORER + "schedulingProfile: []\n",
                        "f:5:schedulingProfile: unknown field (expected: one of [apiVersion, kind, featureGates,"
                                + " plugins, schedulingProfiles, dataLayer, requestHandler, flowControl,"
                                + " saturationDetector, parser]); did you mean schedulingProfiles?"),
                refused(
                        "duplicate field",
                        SCORER + "featureGates: []\nfeatureGates: []\n",
                        "f:6:featureGates: field is given twice (expected: once)"),
                refused(
                        "wrong apiVersion and kind",
                        "apiVersion: v1\nkind: Config\nplugins: []\n",
                        "f:1:apiVersion: v1 (expected: llm-d.ai/v1alpha1)",
                        "f:2:kind: Config (expected: EndpointPickerConfig)"),
                refused(
                        "missing plugins",
                        HEAD + "featureGates: []\n",
                        "f:1:plugins: is missing (expected: a list, which may be empty)"),
                refused(
                        "gate that is no boolean",
                        SCORER + "featureGates: [flowControl=maybe]\n",
                        "f:5:featureGates[0]: flowControl=maybe (expected: flowControl=true or =false)"),
                refused(
                        "unknown gate",
                        SCORER + "featureGates:\n  - warp\n",
                        "f:6:featureGates[0]: unknown feature gate warp (expected: flowControl or"
                                + " haPopulateNonLeaderDatastore)"),
                refused(
                        "plugin without type",
                        HEAD + "plugins:\n  - name: a\n",
                        "f:4:plugins[0].type: is missing (expected: a plugin type)"),
                refused(
                        "type that is not here yet",
                        HEAD + "plugins:\n  - type: token-producer\n",
                        "f:4:plugins[0].type: type token-producer is known to llm-d v0.10 but not available in this"
                                + " version"),
                refused(
                        "two pickers in a profile",
                        HEAD + "plugins:\n  - type: max-score-picker\n  - type: random-picker\nschedulingProfiles:\n"
                                + "  - name: p\n    plugins:\n      - pluginRef: max-score-picker\n"
                                + "      - pluginRef: random-picker\n",
                        "f:10:schedulingProfiles[0].plugins[1]: second picker besides max-score-picker (expected: one"
                                + " picker in a profile)"),
                refused(
                        "ambiguous default picker",
                        HEAD + "plugins:\n  - type: max-score-picker\n  - type: random-picker\nschedulingProfiles:\n"
                                + "  - name: p\n    plugins: []\n",
                        "f:7:schedulingProfiles[0].plugins: no picker, and several are configured: [max-score-picker,"
                                + " random-picker] (expected: the profile names one)"),
                refused(
                        "two profiles without handler",
                        SCORER + "schedulingProfiles:\n  - {name: a, plugins: []}\n  - {name: b, plugins: []}\n",
                        "f:7:schedulingProfiles: 2 profiles and no profile handler (expected: a profile handler in"
                                + " plugins)"),
                refused(
                        "single handler with two profiles",
                        HEAD + "plugins:\n  - type: single-profile-handler\nschedulingProfiles:\n"
                                + "  - {name: a, plugins: []}\n  - {name: b, plugins: []}\n",
                        "f:4:plugins[0]: single-profile-handler with 2 profiles (expected: 1)"),
                refused(
                        "two handlers",
                        HEAD + "plugins:\n  - {name: a, type: single-profile-handler}\n"
                                + "  - {name: b, type: single-profile-handler}\n",
                        "f:5:plugins[1]: second profile handler besides a (expected: one)"),
                refused(
                        "profile names",
                        HEAD + "plugins:\n  - type: single-profile-handler\nschedulingProfiles:\n  - plugins: []\n",
                        "f:6:schedulingProfiles[0].name: is missing (expected: a unique name)"),
                refused(
                        "undefined and empty references",
                        SCORER + "schedulingProfiles:\n  - name: p\n    plugins:\n      - pluginRef: ghost\n"
                                + "      - weight: 1\n",
                        "f:8:schedulingProfiles[0].plugins[0].pluginRef: no plugin ghost (expected: one of"
                                + " [queue-scorer, single-profile-handler])",
                        "f:9:schedulingProfiles[0].plugins[1].pluginRef: is missing (expected: the name of a plugin)"),
                refused(
                        "part that is no filter, scorer or picker",
                        HEAD + "plugins:\n  - type: single-profile-handler\nschedulingProfiles:\n  - name: p\n"
                                + "    plugins:\n      - pluginRef: single-profile-handler\n",
                        "f:8:schedulingProfiles[0].plugins[0].pluginRef: single-profile-handler of type"
                                + " single-profile-handler (expected: a filter, scorer or picker)"),
                refused(
                        "same scorer twice",
                        SCORER + "schedulingProfiles:\n  - name: p\n    plugins:\n      - pluginRef: queue-scorer\n"
                                + "      - pluginRef: queue-scorer\n",
                        "f:9:schedulingProfiles[0].plugins[1].pluginRef: queue-scorer is referenced twice in the"
                                + " profile (expected: once)"),
                refused("weight not a number", weight(".nan"), weightFinding(".nan (expected: a finite number)")),
                refused("infinite weight", weight(".inf"), weightFinding(".inf (expected: a finite number)")),
                refused("overflowing weight", weight("1e999"), weightFinding("1e999 (expected: a finite number)")),
                refused("negative weight", weight("-1"), weightFinding("-1.0 (expected: finite, >= 0)")),
                refused("weight as text", weight("\"2\""), weightFinding("\"2\" (expected: a finite number)")),
                refused("duration without unit", ttl("5"), ttlFinding("5")),
                refused("negative duration", ttl("-1s"), ttlFinding("-1s")),
                refused("duration of unknown unit", ttl("1y"), ttlFinding("1y")),
                refused(
                        "quantity of unknown unit",
                        SCORER + "flowControl:\n  maxBytes: 10XB\n",
                        "f:6:flowControl.maxBytes: 10XB (expected: a number that is not negative, such as 5000, 500Mi,"
                                + " 1G or 1e9)"),
                refused(
                        "negative quantity",
                        SCORER + "flowControl:\n  maxRequests: -1\n",
                        "f:6:flowControl.maxRequests: -1 (expected: a number that is not negative, such as 5000,"
                                + " 500Mi, 1G or 1e9)"),
                refused(
                        "detector that is none",
                        SCORER + "flowControl:\n  saturationDetector:\n    pluginRef: queue-scorer\n",
                        "f:7:flowControl.saturationDetector.pluginRef: queue-scorer of type queue-scorer (expected: a"
                                + " saturation-detector)"),
                refused(
                        "parser that is none, one that is not there, and one without a name",
                        SCORER + "requestHandler:\n  parsers:\n    - pluginRef: queue-scorer\n"
                                + "    - pluginRef: antropic-parser\n    - {}\n",
                        "f:7:requestHandler.parsers[0].pluginRef: queue-scorer of type queue-scorer (expected: a"
                                + " parser)",
                        "f:8:requestHandler.parsers[1].pluginRef: no plugin antropic-parser (expected: a parser); did"
                                + " you mean anthropic-parser?",
                        "f:9:requestHandler.parsers[2].pluginRef: is missing (expected: the name of a parser)"),
                refused(
                        "data source that is none",
                        SCORER + "dataLayer:\n  sources:\n    - pluginRef: queue-scorer\n",
                        "f:7:dataLayer.sources[0].pluginRef: queue-scorer of type queue-scorer (expected: a"
                                + " data-source)"),
                refused(
                        "extractor of another kind of data, and two of one type",
                        HEAD + "plugins:\n  - type: metrics-data-source\n  - type: models-data-extractor\n"
                                + "  - {name: a, type: core-metrics-extractor}\n  - {name: b, type: core-metrics-extractor}\n"
                                + "dataLayer:\n  sources:\n    - pluginRef: metrics-data-source\n      extractors:\n"
                                + "        - pluginRef: models-data-extractor\n        - pluginRef: a\n        - pluginRef: b\n",
                        "f:12:dataLayer.sources[0].extractors[0].pluginRef: models-data-extractor of type"
                                + " models-data-extractor (expected: an extractor of a page of metrics)",
                        "f:14:dataLayer.sources[0].extractors[2]: second extractor of type core-metrics-extractor"
                                + " (expected: one per source)"),
                refused(
                        "sources and extractors that are not there",
                        HEAD + "plugins:\n  - type: metrics-data-source\ndataLayer:\n  sources:\n"
                                + "    - pluginRef: metric-data-source\n    - pluginRef: metrics-data-source\n"
                                + "      extractors: [{pluginRef: ghost}, {}]\n",
                        "f:7:dataLayer.sources[0].pluginRef: no plugin metric-data-source (expected: one of kind data-source in"
                                + " plugins); did you mean metrics-data-source?",
                        "f:9:dataLayer.sources[1].extractors[0].pluginRef: no plugin ghost (expected: one of kind extractor in"
                                + " plugins)",
                        "f:9:dataLayer.sources[1].extractors[1].pluginRef: is missing (expected: the name of a plugin)"),
                refused(
                        "a source twice",
                        HEAD + "plugins:\n  - type: metrics-data-source\n  - type: core-metrics-extractor\ndataLayer:\n"
                                + "  sources:\n    - {pluginRef: metrics-data-source,"
                                + " extractors: [{pluginRef: core-metrics-extractor}]}\n"
                                + "    - pluginRef: metrics-data-source\n",
                        "f:9:dataLayer.sources[1].pluginRef: metrics-data-source is listed twice (expected: once, with all"
                                + " its extractors)"),
                refused(
                        "two watches of one kind",
                        HEAD
                                + "plugins:\n  - {name: a, type: k8s-notification-source, parameters: {version: v1, kind: Pod}}\n"
                                + "  - {name: b, type: k8s-notification-source, parameters: {version: v1, kind: Pod}}\n"
                                + "dataLayer:\n  sources:\n    - pluginRef: a\n    - pluginRef: b\n",
                        "f:8:dataLayer.sources[0].pluginRef: nobody watches v1 Pod while endpoints come from a file or from"
                                + " settings",
                        "f:9:dataLayer.sources[1].pluginRef: b watches v1 Pod as a does (expected: one source per kind)"),
                refused(
                        "no source at all",
                        SCORER + "dataLayer:\n  injectDefaults: false\n",
                        "f:dataLayer.injectDefaults: false without sources (expected: at least one source)"),
                refused(
                        "a metric specification, an engine and a certificate that cannot be used",
                        HEAD + "plugins:\n  - type: core-metrics-extractor\n    parameters:\n      engineConfigs:\n"
                                + "        - {name: e, kvUsageSpec: \"a b\"}\n        - {name: default}\n"
                                + "  - type: metrics-data-source\n    parameters: {scheme: https, clientCertPath: c.pem}\n"
                                + "  - {name: m, type: metrics-data-source, parameters: {port: 0}}\n"
                                + "  - {name: n, type: metrics-data-source, parameters: {scheme: ftp}}\n",
                        "f:7:plugins[0].parameters.engineConfigs[0].kvUsageSpec: a b (expected: name or"
                                + " name{label=value,...})",
                        "f:8:plugins[0].parameters.engineConfigs[1].name: \"default\" (expected: not empty, not default)",
                        "f:10:plugins[1].parameters: clientKeyPath: missing (expected: certificate and key together)",
                        "f:11:plugins[2].parameters.port: 0 (expected: 1 to 65535)",
                        "f:12:plugins[3].parameters.scheme: ftp (expected: one of http, https)"),
                refused(
                        "required data that nobody here produces",
                        HEAD + "plugins:\n  - type: prefix-cache-scorer\n"
                                + "    parameters: {prefixMatchInfoProducerName: precise-prefix-cache-producer}\n",
                        "f:4:plugins[0]: prefix-cache-scorer requires"
                                + " PrefixCacheMatchInfoDataKey/precise-prefix-cache-producer and no plugin produces it"
                                + " (expected: a plugin named precise-prefix-cache-producer; type"
                                + " precise-prefix-cache-producer is known to llm-d v0.10 but not available in this"
                                + " version)"),
                refused(
                        "several problems at once",
                        "apiVersion: v2\nkind: EndpointPickerConfig\nplugins:\n  - type: ghost-scorer\n"
                                + "  - type: token-producer\n",
                        "f:1:apiVersion: v2 (expected: llm-d.ai/v1alpha1)",
                        "f:4:plugins[0].type: unknown plugin type ghost-scorer (expected: one of "
                                + new PluginRegistry(TestPlugins.all()).types() + ")",
                        "f:5:plugins[1].type: type token-producer is known to llm-d v0.10 but not available in"
                                + " this version"),
                refused(
                        "tab",
                        SCORER + "schedulingProfiles:\n\t- name: p\n",
                        "f:6: indented with a tab (expected: spaces)"),
                refused(
                        "custom tag",
                        HEAD + "plugins:\n  - type: !!javax.script.ScriptEngineManager [x]\n",
                        "f:4:plugins[0].type: tag tag:yaml.org,2002:javax.script.ScriptEngineManager (expected: no"
                                + " tag)"),
                refused(
                        "a list",
                        "- a\n",
                        "f:1: a list (expected: a mapping with [apiVersion, kind, featureGates,"
                                + " plugins, schedulingProfiles, dataLayer, requestHandler, flowControl, saturationDetector,"
                                + " parser])"));
    }

    @Test
    @Tag("inference-api-A21")
    void ofTwoFeatureGatesTheUnknownOneIsRefusedAlone() {
        assertThat(TestPlugins.loader()
                        .load(SCORER + "featureGates:\n  - flowControl=false\n  - nosuch\n", "f")
                        .findings())
                .singleElement()
                .asString()
                .startsWith("f:7:featureGates[1]: unknown feature gate nosuch");
    }

    @Test
    @Tag("bad-input-B95")
    void aFileOfMoreThanTwoMebibytesIsRefusedUnread() {
        String text = HEAD + "#" + "x".repeat(2 * 1024 * 1024);
        assertThat(TestPlugins.loader().load(text, "f").findings())
                .extracting(Finding::toString)
                .containsExactly("f: file is larger than 2 MiB");
    }

    @Test
    void aliasesThatMultiplyAreRefused() {
        StringBuilder text = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 9; i++) {
            text.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(6) + "x"));
        }
        assertThat(TestPlugins.loader().load(text.toString(), "f").findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).contains("more than 200000 values"));
    }

    @Test
    void aliasesToThemselvesAreRefused() {
        assertThat(TestPlugins.loader().load("plugins: &a [*a]\n", "f").findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).contains("nested deeper than 50 levels"));
    }

    private static Arguments refused(String name, String text, String... findings) {
        return Arguments.of(Named.of(name, text), List.of(findings));
    }

    private static String weight(String weight) {
        return SCORER + "schedulingProfiles:\n  - name: p\n    plugins:\n      - pluginRef: queue-scorer\n"
                + "        weight: " + weight + "\n";
    }

    private static String weightFinding(String message) {
        return "f:9:schedulingProfiles[0].plugins[0].weight: " + message;
    }

    private static String ttl(String ttl) {
        return SCORER + "flowControl:\n  defaultRequestTTL: " + ttl + "\n";
    }

    private static String ttlFinding(String value) {
        return "f:6:flowControl.defaultRequestTTL: " + value
                + " (expected: a duration that is not negative, such as 200ms, 5s, 1m30s or PT5S)";
    }
}
