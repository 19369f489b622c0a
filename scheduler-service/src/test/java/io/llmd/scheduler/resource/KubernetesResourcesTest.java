package io.llmd.scheduler.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llmd.kube.KubeException;
import io.llmd.kube.WatchedKind;
import io.llmd.scheduler.plugin.Finding;
import io.llmd.testsupport.FakeKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KubernetesResourcesTest {

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    private static final String CURRENT = "llm-d.ai/v1alpha2";
    private static final String FORMER = "inference.networking.x-k8s.io/v1alpha2";

    private final Map<String, FakeKind<GenericKubernetesResource>> kinds = new ConcurrentHashMap<>();
    private final ResourceStore store =
            new ResourceStore(null, PoolName.of("pool"), Map.of("fixed", 3), findings -> {});
    private final List<Finding> findings = new CopyOnWriteArrayList<>();
    private final List<String> judgements = new CopyOnWriteArrayList<>();
    private final KubernetesResources resources = new KubernetesResources(
            context -> kind(context.getGroup() + "/" + context.getVersion(), context.getKind()),
            Duration.ofMinutes(1),
            store,
            findings::addAll,
            judgement -> judgements.add(judgement.resource().getMetadata().getName() + " " + judgement.reason()));

    private FakeKind<GenericKubernetesResource> kind(String apiVersion, String kind) {
        return kinds.computeIfAbsent(apiVersion + " " + kind, key -> new FakeKind<>());
    }

    private WatchedKind<GenericKubernetesResource> notInstalled(String apiVersion, String kind) {
        FakeKind<GenericKubernetesResource> absent = kind(apiVersion, kind);
        absent.fail(new KubeException("not found", 404, new IllegalStateException()));
        return absent;
    }

    @AfterEach
    void close() {
        resources.close();
    }

    private void start() {
        resources.poolExists(true);
        resources.start();
    }

    @Test
    void objectivesComeChangeAndGo() {
        objective(CURRENT, "urgent", "{priority: 10, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("urgent", 10, "fixed", 3));
        objective(CURRENT, "urgent", "{priority: 5, poolRef: {name: pool}}");
        awaitPriorities(Map.of("urgent", 5, "fixed", 3));
        assertThat(store.current().desiredPriorities()).containsExactly(3, 5);
        kind(CURRENT, "InferenceObjective").remove("urgent");
        awaitPriorities(Map.of("fixed", 3));
    }

    @Test
    @Tag("inference-api-A10")
    @DisplayName("A10: without a pool nothing is in force")
    void withoutAPoolNothingIsInForce() {
        objective(CURRENT, "urgent", "{priority: 10, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("urgent", 10, "fixed", 3));
        resources.poolExists(false);
        awaitPriorities(Map.of("fixed", 3));
        resources.poolExists(true);
        awaitPriorities(Map.of("urgent", 10, "fixed", 3));
    }

    @Test
    @Tag("inference-api-A12")
    @DisplayName("A12: an objective of another group's pool is left out, and says so")
    void anObjectiveOfAnotherPool() {
        objective(CURRENT, "other", "{priority: 10, poolRef: {name: pool, group: inference.networking.x-k8s.io}}");
        objective(CURRENT, "urgent", "{priority: 7, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("urgent", 7, "fixed", 3));
        assertThat(judgements).containsExactlyInAnyOrder("other PoolMismatch", "urgent Accepted");
    }

    @Test
    @Tag("inference-api-A13")
    @DisplayName("A13: an objective without priority counts 0 and asks for no band")
    void anObjectiveWithoutPriority() {
        objective(CURRENT, "plain", "{poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("plain", 0, "fixed", 3));
        assertThat(store.current().desiredPriorities()).containsExactly(3);
    }

    @Test
    @Tag("inference-api-A14")
    @Tag("inference-api-A15")
    @DisplayName("A14, A15: a rule that names the model goes before an older one for all; of two the older counts")
    void precedenceOfRewrites() {
        rewrite("all", "2026-01-01T00:00:00Z", "[{targets: [{modelRewrite: generic}]}]");
        rewrite(
                "young",
                "2026-03-01T00:00:00Z",
                "[{matches: [{model: {value: m}}], targets: [{modelRewrite: young}]}]");
        rewrite("old", "2026-02-01T00:00:00Z", "[{matches: [{model: {value: m}}], targets: [{modelRewrite: old}]}]");
        start();
        await().untilAsserted(() -> {
            assertThat(target("m")).isEqualTo("old");
            assertThat(target("x")).isEqualTo("generic");
        });
    }

    @Test
    @Tag("inference-api-A18")
    @DisplayName("A18: where both groups are installed only that of today is read, even without objects")
    void theGroupOfTodayCounts() {
        objective(FORMER, "former", "{priority: 10, poolRef: {name: pool}}");
        put(
                FORMER,
                "InferenceModelRewrite",
                "former",
                "2026-01-01T00:00:00Z",
                "{poolRef: {name: pool}, rules: [{targets: [{modelRewrite: other}]}]}");
        start();
        await().until(() -> kinds.size() == 4 && kinds.values().stream().allMatch(kind -> kind.watches() == 1));
        assertThat(store.current().priorities()).isEqualTo(Map.of("fixed", 3));
        objective(FORMER, "late", "{priority: 9, poolRef: {name: pool}}");
        objective(CURRENT, "urgent", "{priority: 7, poolRef: {name: pool}}");
        awaitPriorities(Map.of("urgent", 7, "fixed", 3));
        assertThat(target("m")).isEmpty();
        assertThat(judgements).containsExactly("urgent Accepted");
    }

    @Test
    void theFormerGroupIsReadWhereThereIsNoRightForThatOfToday() {
        kind(CURRENT, "InferenceObjective").fail(new KubeException("forbidden", 403, new IllegalStateException()));
        objective(FORMER, "former", "{priority: 10, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("former", 10, "fixed", 3));
    }

    @Test
    void aRightThatIsTakenAwayLeavesWhatIsKnown() {
        objective(CURRENT, "urgent", "{priority: 10, poolRef: {name: pool}}");
        objective(FORMER, "former", "{priority: 5, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("urgent", 10, "fixed", 3));
        FakeKind<GenericKubernetesResource> current = kind(CURRENT, "InferenceObjective");
        current.fail(new KubeException("forbidden", 403, new IllegalStateException()));
        int lists = current.lists();
        current.endWatches();
        await().until(() -> current.lists() > lists + 1);
        assertThat(store.current().priorities()).isEqualTo(Map.of("urgent", 10, "fixed", 3));
    }

    @Test
    void theFormerGroupIsReadWhereThatOfTodayIsNotInstalled() {
        notInstalled(CURRENT, "InferenceObjective");
        objective(FORMER, "former", "{priority: 10, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("former", 10, "fixed", 3));
    }

    @Test
    @Tag("inference-api-A19")
    @DisplayName("A19: without any of the kinds nothing is declared")
    void nothingIsInstalled() {
        notInstalled(CURRENT, "InferenceObjective");
        notInstalled(FORMER, "InferenceObjective");
        notInstalled(CURRENT, "InferenceModelRewrite");
        notInstalled(FORMER, "InferenceModelRewrite");
        start();
        await().until(() -> kinds.size() == 4 && kinds.values().stream().allMatch(kind -> kind.lists() > 0));
        assertThat(store.current().priorities()).isEqualTo(Map.of("fixed", 3));
    }

    @Test
    void anObjectWithErrorsLeavesItsPreviousVersionAndTheOthers() {
        objective(CURRENT, "urgent", "{priority: 10, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("urgent", 10, "fixed", 3));
        objective(CURRENT, "urgent", "{priority: many, poolRef: {name: pool}}");
        objective(CURRENT, "bad", "{priority: many, poolRef: {name: pool}}");
        objective(CURRENT, "good", "{priority: 1, poolRef: {name: pool}}");
        awaitPriorities(Map.of("urgent", 10, "good", 1, "fixed", 3));
        assertThat(judgements).contains("urgent InvalidPriority", "bad InvalidPriority", "good Accepted");
        assertThat(findings).anyMatch(finding -> finding.file().equals("InferenceObjective team/bad"));
    }

    @Test
    void anObjectIsJudgedOnceForEachOfItsVersions() {
        objective(CURRENT, "a", "{priority: 1, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("a", 1, "fixed", 3));
        objective(CURRENT, "b", "{priority: 2, poolRef: {name: pool}}");
        awaitPriorities(Map.of("a", 1, "b", 2, "fixed", 3));
        assertThat(judgements).containsExactly("a Accepted", "b Accepted");
    }

    @Test
    void whoCouldNotTakeNoteIsToldAgain() {
        objective(CURRENT, "a", "{priority: 1, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("a", 1, "fixed", 3));
        judgements.clear();
        resources.tellAgain();
        assertThat(judgements).containsExactly("a Accepted");
        judgements.clear();
        kind(CURRENT, "InferenceObjective").endWatches();
        await().untilAsserted(() -> assertThat(judgements).containsExactly("a Accepted"));
    }

    @Test
    void whatOthersWriteIntoAnObjectIsNoChange() {
        objective(CURRENT, "a", "{priority: 1, poolRef: {name: pool}}");
        start();
        awaitPriorities(Map.of("a", 1, "fixed", 3));
        GenericKubernetesResource annotated = SERIALIZATION.unmarshal(
                "apiVersion: " + CURRENT
                        + "\nkind: InferenceObjective\nmetadata: {name: a, namespace: team, uid: uid-a,"
                        + " resourceVersion: '7', annotations: {x: y}, creationTimestamp: '2026-01-01T00:00:00Z'}\n"
                        + "spec: {priority: 1, poolRef: {name: pool}}\nstatus: {conditions: []}\n",
                GenericKubernetesResource.class);
        kind(CURRENT, "InferenceObjective").put("a", Objects.requireNonNull(annotated));
        objective(CURRENT, "b", "{priority: 2, poolRef: {name: pool}}");
        awaitPriorities(Map.of("a", 1, "b", 2, "fixed", 3));
        assertThat(judgements).containsExactly("a Accepted", "b Accepted");
    }

    private String target(String model) {
        RewriteRule rule = store.current().rewrites().rule(model);
        return rule == null ? "" : rule.target(0);
    }

    private void objective(String apiVersion, String name, String spec) {
        put(apiVersion, "InferenceObjective", name, "2026-01-01T00:00:00Z", spec);
    }

    private void rewrite(String name, String created, String rules) {
        put(CURRENT, "InferenceModelRewrite", name, created, "{poolRef: {name: pool}, rules: " + rules + "}");
    }

    private void put(String apiVersion, String kind, String name, String created, String spec) {
        GenericKubernetesResource resource = SERIALIZATION.unmarshal(
                "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: " + name
                        + ", namespace: team, uid: uid-" + name + ", creationTimestamp: '" + created + "'}\nspec: "
                        + spec + "\n",
                GenericKubernetesResource.class);
        kind(apiVersion, kind).put(name, Objects.requireNonNull(resource));
    }

    private void awaitPriorities(Map<String, Integer> wanted) {
        await().untilAsserted(() -> assertThat(store.current().priorities()).isEqualTo(wanted));
    }
}
