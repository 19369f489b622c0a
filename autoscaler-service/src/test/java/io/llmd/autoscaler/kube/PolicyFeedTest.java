package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.LoopState;
import io.llmd.autoscaler.variant.Variant;
import io.llmd.kube.KubeException;
import io.llmd.testsupport.FakeKind;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What people say about scaling, as it comes from an API that the test is. */
class PolicyFeedTest {

    private static final String BIG = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: VariantPolicy
            metadata: {name: big, namespace: n}
            spec:
              scaleTargetRef: {kind: Deployment, name: vllm-big}
              model: m
              tiers: [chat]
              costPerReplicaHour: "8.5"
              max: 12
              actuation: scale
            """;
    private static final String CHAT = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: ServiceTier
            metadata: {name: chat}
            spec: {class: critical, itl: {target: 40ms}}
            """;
    private static final String TARGET = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: vllm-big, namespace: n}
            spec:
              replicas: 2
              template:
                spec:
                  nodeSelector: {nvidia.com/gpu.product: H100}
                  containers: [{name: vllm, resources: {limits: {nvidia.com/gpu: "4"}}}]
            """;
    private static final List<URI> PAGES = List.of(URI.create("http://router/metrics"));

    private final Map<String, FakeKind<GenericKubernetesResource>> kinds = new HashMap<>();
    private final FakeKind<GenericKubernetesResource> targets = new FakeKind<>();
    private final KubeFleet fleet = new KubeFleet(
            8000,
            Duration.ofHours(1),
            namespace -> new FakeKind<Pod>(),
            target -> targets,
            namespace -> new FakeKind<>(),
            variant -> Map.of());
    private final FleetLoop loop = IdleLoop.make();
    private Optional<List<URI>> routers = Optional.of(PAGES);
    private final PolicyFeed feed = new PolicyFeed(
            IdleLoop.NOTHING,
            List.of(),
            "llmd",
            () -> routers,
            fleet,
            loop,
            context -> kind(context.getPlural()),
            Duration.ofHours(1));

    private FakeKind<GenericKubernetesResource> kind(String plural) {
        return kinds.computeIfAbsent(plural, none -> new FakeKind<>());
    }

    @AfterEach
    void stop() {
        feed.close();
        fleet.close();
    }

    private static GenericKubernetesResource read(String yaml) {
        return Serialization.unmarshal(yaml, GenericKubernetesResource.class);
    }

    private void say(String plural, String yaml) {
        GenericKubernetesResource resource = read(yaml);
        kind(plural).put(resource.getMetadata().getName(), resource);
    }

    /** Looks again until that is so. */
    private void soon(String what, ThrowingRunnable assertion) {
        await(what).untilAsserted(() -> {
            feed.refresh();
            assertion.run();
        });
    }

    private List<Variant> variants() {
        return loop.state(0).variants().stream()
                .map(LoopState.OfVariant::variant)
                .toList();
    }

    private static KubeException failure(int status) {
        return new KubeException("status " + status, status, new IllegalStateException("fake"));
    }

    @Test
    void aPolicyIsScaledWhereItSays() {
        say("servicetiers", CHAT);
        say("variantpolicies", BIG);
        soon(
                "the policy is in force",
                () -> assertThat(variants()).extracting(Variant::id).containsExactly("n/big"));
        assertThat(fleet.variants())
                .containsExactly(new KubeVariant(
                        "n/big", new TargetRef("n", "apps/v1", "Deployment", "vllm-big"), Actuation.SCALE));
        assertThat(feed.problems()).isEmpty();
        assertThat(feed.paused()).isEmpty();
        say("variantpolicies", BIG + "  paused: true\n");
        soon("it is held", () -> assertThat(feed.paused()).containsExactly("n/big"));
        kind("variantpolicies").remove("big");
        soon("it is gone", () -> assertThat(variants()).isEmpty());
        assertThat(fleet.variants()).isEmpty();
    }

    @Test
    void hardwareIsKnownAsSoonAsTheTargetIs() {
        say("servicetiers", CHAT);
        say("variantpolicies", BIG);
        soon("the policy is in force", () -> assertThat(variants()).hasSize(1));
        assertThat(variants().getFirst().accelerator()).isEmpty();
        targets.put("vllm-big", read(TARGET));
        soon(
                "its pods are known",
                () -> assertThat(variants()).extracting(Variant::accelerator).containsExactly("H100"));
    }

    @Test
    void nothingIsInForceBeforeAllOfOursWereRead() {
        kind("servicetiers").fail(failure(403));
        kind("servicetiers").endWatches();
        say("variantpolicies", BIG);
        await("the refusal is known").until(() -> kind("servicetiers").lists() > 1);
        feed.refresh();
        assertThat(variants()).as("a policy whose tiers may not be read").isEmpty();
        kind("servicetiers").fail(null);
        say("servicetiers", CHAT);
        routers = Optional.empty();
        await("tiers are read")
                .until(() -> !feed.shared().isEmpty() && !feed.variantPolicies().isEmpty());
        feed.refresh();
        assertThat(variants()).as("without knowing any router").isEmpty();
        routers = Optional.of(PAGES);
        soon("all is known", () -> assertThat(variants()).hasSize(1));
    }

    @Test
    void kindsOfOthersNeedNotBeThere() {
        kind("scaledobjects").fail(failure(404));
        kind("horizontalpodautoscalers").fail(failure(403));
        say("servicetiers", CHAT);
        say("variantpolicies", BIG);
        soon("the policy is in force", () -> assertThat(variants()).hasSize(1));
    }

    @Test
    void whatCannotBeUsedIsToldAndChangesNothing() {
        say("servicetiers", CHAT);
        say("variantpolicies", BIG);
        soon("the policy is in force", () -> assertThat(variants()).hasSize(1));
        say(
                "variantpolicies",
                BIG.replace("tiers: [chat]", "tiers: [chat, unheard-of]").replace("max: 12", "max: 3"));
        soon("the reason is told", () -> assertThat(feed.problems().get("all")).contains("unheard-of"));
        assertThat(variants().getFirst().max()).as("of the version before").isEqualTo(12);
        say("variantpolicies", BIG.replace("max: 12", "max: 3"));
        soon("it is mended", () -> assertThat(feed.problems()).isEmpty());
        assertThat(variants().getFirst().max()).isEqualTo(3);
    }

    @Test
    void whileTheApiIsAwayEverythingStays() {
        say("servicetiers", CHAT);
        say("variantpolicies", BIG);
        soon("the policy is in force", () -> assertThat(variants()).hasSize(1));
        int before = kind("variantpolicies").lists();
        kinds.values().forEach(each -> each.fail(failure(0)));
        kinds.values().forEach(FakeKind::endWatches);
        await("it was asked again, in vain").until(() -> kind("variantpolicies").lists() > before + 1);
        feed.refresh();
        assertThat(variants()).extracting(Variant::id).containsExactly("n/big");
        kind("variantpolicies").lose("big");
        kinds.values().forEach(each -> each.fail(null));
        soon("what was deleted meanwhile is gone", () -> assertThat(variants()).isEmpty());
    }
}
