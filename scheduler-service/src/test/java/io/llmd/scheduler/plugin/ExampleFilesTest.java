package io.llmd.scheduler.plugin;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.withAdapters;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.plugin.Trial.Request;
import io.llmd.scheduler.plugin.Trial.Result;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointAttributes;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The example configurations of the documentation load and do what they say. */
class ExampleFilesTest {

    private static final Map<String, Integer> WARNINGS =
            Map.of("older-names", 12, "file-discovery", 1, "ranks", 2, "shedding", 2, "flow-control", 1);

    static Stream<String> examples() throws IOException {
        try (Stream<java.nio.file.Path> files = Files.list(Trial.EXAMPLES)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .map(name -> name.replace(".yaml", ""))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void eachLoadsAndTheIndexListsIt(String example) throws IOException {
        List<Finding> findings = new Trial(example).loaded().findings();
        assertThat(findings)
                .as(findings.stream().map(Finding::toString).collect(Collectors.joining("\n")))
                .hasSize(WARNINGS.getOrDefault(example, 0));
        assertThat(Files.readString(Trial.EXAMPLES.resolve("README.md"))).contains("(" + example + ".yaml)");
    }

    @Test
    void togetherTheyNameEveryType() throws IOException {
        String all = examples().map(Trial::text).collect(Collectors.joining("\n"));
        Set<String> types = Pattern.compile("type: ([a-z0-9-]+)[,}\n]")
                .matcher(all)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(types)
                .containsAll(KnownTypes.resource("plugin-types.txt")
                        .lines()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> line.split(" ", -1)[0])
                        .toList());
    }

    @Test
    void togetherTheyNameEveryFieldOfAConfiguration() throws IOException {
        String all = examples().map(Trial::text).collect(Collectors.joining("\n"));
        Set<String> fields = new TreeSet<>();
        for (Class<?> type : EndpointPickerConfig.class.getDeclaredClasses()) {
            if (type.isRecord()) {
                fields.addAll(ParameterBinder.fieldsOf(type));
            }
        }
        fields.addAll(ParameterBinder.fieldsOf(EndpointPickerConfig.class));
        // What a scheduler needs of others is tried where there are several.
        fields.removeAll(Set.of("peerDiscovery", "crossReplicaSyncerPluginRef"));
        assertThat(fields).allSatisfy(field -> assertThat(all).containsPattern("\\b" + field + ":"));
    }

    @Test
    @Tag("scheduling-47")
    void builtInCachedPrefixesOutweighAShortQueue() {
        Endpoint a = endpoint("a", 0, 1, 0.5);
        Endpoint b = endpoint("b", 5, 1, 0.2);
        Trial trial = new Trial("built-in").over(a, b);
        assertThat(trial.decide(Request.of(640, 1)).primary()).isEqualTo("a");
        trial.decide(Request.of(576, 2), List.of(b));
        assertThat(trial.decide(Request.of(640, 2)).primary()).isEqualTo("b");
    }

    @Test
    void chatBlendSpreadsNewPromptsAndKeepsKnownOnes() {
        Trial trial = new Trial("chat-blend").over(endpoint("a", 0, 0, 0), endpoint("b", 0, 0, 0));
        assertThat(trial.decide(Request.of(640, 1)).primary()).isEqualTo("a");
        assertThat(trial.decide(Request.of(640, 2)).primary()).isEqualTo("b");
        assertThat(trial.decide(Request.of(640, 1)).primary()).isEqualTo("a");
    }

    @Test
    void stickyCodeStaysUntilWaitingCostsMoreThanComputing() {
        Endpoint a = endpoint("a", 0, 0, 0);
        Endpoint b = endpoint("b", 0, 0, 0);
        Trial trial = new Trial("sticky-code").over(a, b);
        trial.decide(Request.of(1024, 1), List.of(a));
        assertThat(trial.decide(Request.of(1024, 1)).primary()).isEqualTo("a");
        Result large = trial.decide(Request.of(340_000, 2), List.of(a));
        assertThat(trial.decide(Request.of(1024, 1)).primary()).isEqualTo("b");
        trial.end(large, TokenUsage.UNKNOWN);
    }

    @Test
    void prefillDecodeSplitsLongPromptsOnly() {
        Trial trial = new Trial("prefill-decode").over(role("p", "prefill"), role("d", "decode"));
        Result result = trial.decide(Request.of(3000, 1));
        assertThat(result.primary()).isEqualTo("d");
        assertThat(result.chosenBy("prefill")).isEqualTo("p");
        assertThat(result.dispatch().requestHeaders()).containsKey("x-prefiller-host-port");
        assertThat(trial.decide(Request.of(500, 2)).dispatch().requestHeaders()).isEmpty();
        assertThat(trial.decide(Request.of(3100, 1)).dispatch().requestHeaders())
                .as("all but 100 tokens are on the decode endpoint")
                .isEmpty();
    }

    @Test
    void predictedLatencyPicksTheEndpointThatMeetsTheObjectiveAndShedsWhatNobodyMeets() {
        Map<String, String> objective = Map.of("x-llm-d-slo-ttft-ms", "200", "x-llm-d-slo-tpot-ms", "50");
        Trial trial = Trial.askingServers("predicted-latency")
                .over(endpoint("a", 1, 4, 0.5), endpoint("b", 1, 4, 0.5))
                .predicting(900, 100);
        int met = 0;
        for (int i = 0; i < 200; i++) {
            met += trial.decide(Request.of(64, i).named("r" + i).with(objective))
                            .primary()
                            .equals("b")
                    ? 1
                    : 0;
        }
        assertThat(met).isBetween(190, 200);
        trial.predicting(900, 800);
        Request late = Request.of(64, 1).with(objective);
        assertThat(trial.decide(late.ofPriority(-1)).reason()).isEqualTo(Reason.DENIED);
        assertThat(trial.decide(late).chosen()).hasSize(1);
    }

    @Test
    void withoutPredictionsLoadAndPrefixesDecide() {
        Trial trial = new Trial("predicted-latency").over(endpoint("a", 9, 4, 1.0), endpoint("b", 0, 4, 0.1));
        assertThat(trial.loaded().findings()).isEmpty();
        assertThat(trial.decide(Request.of(64, 1)).primary()).isEqualTo("b");
    }

    @Test
    void fileDiscoveryPinsSessionsByCookie() {
        Trial trial = new Trial("file-discovery").over(endpoint("a", 0, 0, 0), endpoint("b", 0, 0, 0));
        Request session = Request.of(64, 1).with(Map.of("cookie", "theme=dark; chat-sid=42"));
        String first = trial.decide(session).primary();
        for (int i = 0; i < 5; i++) {
            assertThat(trial.decide(session.named("r" + i)).primary()).isEqualTo(first);
        }
        assertThat(trial.decide(Request.of(64, 1).named("other")).primary()).isNotEqualTo(first);
    }

    @Test
    void flowControlTellsAgentsApartAndKeepsItsSettings() {
        Trial trial = new Trial("flow-control").over(endpoint("a", 4, 0, 0), endpoint("b", 1, 0, 0));
        Result result = trial.decide(Request.of(64, 1).with(Map.of("session-id", "s1", "x-team", "red")));
        assertThat(result.request().fairnessId()).isEqualTo("red");
        assertThat(result.primary()).isEqualTo("b");
        EndpointPickerConfig.FlowControl section = trial.loaded().config().flowControl();
        assertThat(section.enableEviction()).isTrue();
        assertThat(section.maxBytes().value()).isEqualTo(4L << 30);
        assertThat(section.priorityBands()).hasSize(2);
    }

    @Test
    void adaptersGoWhereTheyAreLoaded() {
        Trial trial = new Trial("adapters")
                .over(
                        withAdapters("a", Set.of("m"), Set.of(), 4),
                        withAdapters("b", Set.of("x"), Set.of("y", "m", "z"), 4));
        int loaded = 0;
        for (int i = 0; i < 300; i++) {
            Result result = trial.decide(Request.of(64, 1).named("r" + i));
            assertThat(result.chosen()).containsExactlyInAnyOrder("a", "b");
            loaded += result.primary().equals("a") ? 1 : 0;
        }
        assertThat(loaded).as("5 + 1 against 5 * 0.6 + 1 of the totals").isBetween(150, 220);
    }

    @Test
    void multimodalSendsEqualImagesToTheEncoderThatKnowsThem() {
        Trial trial = new Trial("multimodal")
                .over(role("e1", "encode"), role("e2", "encode"), role("p", "prefill"), role("d", "decode"));
        Result first = trial.decide(Request.of(640, 1).withMedia(7, 8));
        assertThat(first.primary()).isEqualTo("d");
        assertThat(first.chosenBy("prefill")).isEqualTo("p");
        assertThat(first.dispatch().requestHeaders()).containsKeys("x-encoder-hosts-ports", "x-prefiller-host-port");
        assertThat(trial.decide(Request.of(640, 1)).dispatch().requestHeaders())
                .containsOnlyKeys("x-prefiller-host-port");
    }

    @Test
    void precisePrefixesAreEstimatedWhereTokensAre() {
        Trial trial = new Trial("precise-prefixes").over(endpoint("a", 0, 0, 0), endpoint("b", 0, 0, 0));
        String first = trial.decide(Request.of(640, 1)).primary();
        for (int i = 0; i < 5; i++) {
            assertThat(trial.decide(Request.of(640, 1).named("r" + i)).primary())
                    .isEqualTo(first);
        }
    }

    @Test
    @Tag("scheduling-73")
    void burstsMeetFourAtATime() {
        Trial trial = new Trial("bursts")
                .over(endpoint("a", 0, 0, 0), endpoint("b", 0, 0, 0), endpoint("c", 0, 0, 0), endpoint("d", 0, 0, 0));
        List<CompletableFuture<Result>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(trial.begin(Request.of(640, 1).named("r" + i)));
        }
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        trial.passTime();
        Map<String, Integer> counts = new HashMap<>();
        answers.forEach(answer -> counts.merge(answer.join().primary(), 1, Integer::sum));
        assertThat(counts).isEqualTo(Map.of("a", 4, "b", 4));
    }

    @Test
    void clustersAreChosenByTheirMeansAndSessionsStay() {
        Trial trial = new Trial("clusters").over(cluster("east", 9, 0.5), cluster("west", 1, 0.4));
        Result result = trial.decide(Request.of(64, 1));
        assertThat(result.primary()).isEqualTo("west");
        Map<String, String> token =
                Map.of("x-session-token", result.dispatch().responseHeaders().get("x-session-token"));
        trial.over(cluster("east", 1, 0.1), cluster("west", 9, 0.9));
        assertThat(trial.decide(Request.of(64, 1).with(token)).primary()).isEqualTo("west");
    }

    @Test
    void rolloutKeepsBothPhasesOnOneRevisionAndNear() {
        Trial trial = new Trial("rollout")
                .over(
                        member("p-old", "prefill", "old", "z1"),
                        member("d-old", "decode", "old", "z1"),
                        member("p-new", "prefill", "new", "z2"),
                        member("p-new-far", "prefill", "new", "z1"),
                        member("d-new", "decode", "new", "z2"));
        Set<String> pairs = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            Result result = trial.decide(Request.of(64, 1).named("r" + i));
            pairs.add(result.chosenBy("prefill") + " " + result.primary());
        }
        assertThat(pairs).containsExactly("p-new d-new", "p-old d-old");
        Result asked = trial.decide(Request.of(64, 1).with(Map.of("x-disagg-revision", "new")));
        assertThat(asked.primary()).isEqualTo("d-new");
        assertThat(asked.dispatch().responseHeaders()).containsEntry("x-disagg-revision", "new");
        assertThat(trial.decide(Request.of(64, 1).with(Map.of("x-disagg-revision", "gone")))
                        .reason())
                .isEqualTo(Reason.NO_ENDPOINTS);
    }

    @Test
    void sheddingLeavesOutFullAndHotEndpointsAndDeniesBackgroundTraffic() {
        Trial trial = new Trial("shedding")
                .over(
                        withGpu(endpoint("full", 0, 1, 0.95), 0.1),
                        withGpu(endpoint("hot", 0, 1, 0.2), 0.99),
                        withGpu(endpoint("mild", 2, 1, 0.2), 0.5),
                        withGpu(endpoint("cool", 2, 1, 0.2), 0.2));
        assertThat(trial.decide(Request.of(64, 1)).primary()).isEqualTo("cool");
        assertThat(trial.decide(Request.of(64, 1).ofPriority(-1)).reason()).isEqualTo(Reason.DENIED);
        trial.over(withGpu(endpoint("a", 0, 1, 0.05), 0.2));
        assertThat(trial.decide(Request.of(64, 1).ofPriority(-1)).primary()).isEqualTo("a");
    }

    @Test
    void sessionsComeBackByTokenAndUsageIsCharged() {
        Trial trial = new Trial("sessions").over(endpoint("a", 0, 0, 0), endpoint("b", 3, 0, 0));
        Result first = trial.decide(Request.of(64, 1));
        assertThat(first.primary()).isEqualTo("a");
        Map<String, String> token =
                Map.of("x-session-token", first.dispatch().responseHeaders().get("x-session-token"));
        trial.over(endpoint("a", 9, 0, 0), endpoint("b", 0, 0, 0));
        assertThat(trial.decide(Request.of(64, 1)).primary()).isEqualTo("b");
        assertThat(trial.decide(Request.of(64, 1).with(token)).primary()).isEqualTo("a");
        trial.end(first, new TokenUsage(100, 20, 0));
        assertThat(trial.attributes()).containsExactly("envoy.lb x-cost 180.0");
    }

    @Test
    void profilesByHeaderAreChosenByItAndUnknownOnesRefused() {
        Trial trial = new Trial("profiles-by-header")
                .over(
                        labelled("silver", Map.of("tier", "silver", "llm-d.ai/context-length-range", "0-100000")),
                        labelled(
                                "gold", Map.of("tier", "gold", "zone", "a", "llm-d.ai/context-length-range", "0-100")));
        assertThat(trial.decide(Request.of(640, 1)).primary()).isEqualTo("gold");
        assertThat(trial.decide(Request.of(640, 1).with(Map.of("epp-profile", "batch")))
                        .primary())
                .isEqualTo("silver");
        assertThat(trial.decide(Request.of(640, 1).with(Map.of("epp-profile", "ghost")))
                        .reason())
                .isEqualTo(Reason.BAD_REQUEST);
    }

    @Test
    void olderNamesDoWhatTheyDid() {
        Trial trial = new Trial("older-names")
                .over(
                        labelled("p", Map.of("llm-d.ai/role", "prefill")),
                        labelled("wrong-zone", Map.of("llm-d.ai/role", "decode", "zone", "b", "tier", "gold")),
                        labelled("d", Map.of("llm-d.ai/role", "decode", "zone", "a", "tier", "gold")));
        Result result = trial.decide(Request.of(640, 1));
        assertThat(result.primary()).isEqualTo("d");
        assertThat(result.dispatch().requestHeaders()).containsOnlyKeys("x-prefiller-host-port");
    }

    @Test
    void ranksAreReachedThroughOnePort() {
        Trial trial = new Trial("ranks").over(endpoint("a", 0, 5, 0), endpoint("b", 0, 1, 0));
        Result result = trial.decide(Request.of(64, 1));
        assertThat(result.primary()).isEqualTo("b");
        assertThat(result.target()).isEqualTo("127.0.0.1:8000");
        assertThat(result.dispatch().requestHeaders()).containsKey("x-data-parallel-host-port");
    }

    @Test
    void conformanceTestsChooseEndpointsByHeader() {
        Trial trial = new Trial("conformance").over(endpoint("a", 0, 0, 0));
        Result result = trial.decide(Request.of(64, 1).with(Map.of("test-epp-endpoint-selection", "127.0.0.1:8000")));
        assertThat(result.dispatch().responseHeaders())
                .containsEntry("x-gateway-destination-endpoint-served", "127.0.0.1:8000");
        assertThat(trial.decide(Request.of(64, 1)).reason()).isEqualTo(Reason.SATURATED);
    }

    private static Endpoint role(String name, String role) {
        return labelled(name, Map.of("llm-d.ai/role", role));
    }

    private static Endpoint member(String name, String role, String revision, String zone) {
        return labelled(
                name,
                Map.of(
                        "llm-d.ai/role", role,
                        "disaggregatedset.x-k8s.io/name", "chat",
                        "disaggregatedset.x-k8s.io/role", role,
                        "disaggregatedset.x-k8s.io/revision", revision,
                        "topology.kubernetes.io/zone", zone));
    }

    private static Endpoint cluster(String name, double queue, double kvUsage) {
        return with(
                endpoint(name, 0, 0, 0),
                Map.of(
                        "llm-d.ai/multicluster-queue-size/numbers", queue,
                        "llm-d.ai/multicluster-kv-cache-utilization/numbers", kvUsage));
    }

    private static Endpoint withGpu(Endpoint endpoint, double usage) {
        return with(endpoint, Map.of("GPUUtilization/gpus", usage));
    }

    private static Endpoint with(Endpoint endpoint, Map<String, Double> numbers) {
        return new Endpoint(
                endpoint.metadata(), endpoint.metrics(), EndpointAttributes.NONE.with(new HashMap<>(numbers)), true);
    }
}
