package io.llmd.autoscaler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.llmd.autoscaler.collector.DirectCollector;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.FitStore;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.Holds;
import io.llmd.autoscaler.loop.LoopListener;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.kube.KubeClients;
import io.llmd.testsupport.FakeKubeApi;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Autoscalers of a cluster whose API and pages are on loopback; the test turns their loops, by a clock of its own. */
class ClusterAutoscalingIT {

    private static final String PODS = "api/v1/pods";
    private static final String MAPS = "api/v1/configmaps";
    private static final String DEPLOYMENTS = "apis/apps/v1/deployments";
    private static final String HPAS = "apis/autoscaling/v2/horizontalpodautoscalers";
    private static final String SCALED_OBJECTS = "apis/keda.sh/v1alpha1/scaledobjects";
    private static final String POLICIES = "apis/autoscaler.llmd.io/v1alpha1/variantpolicies";
    private static final String TIERS = "apis/autoscaler.llmd.io/v1alpha1/servicetiers";
    private static final String FLEETS = "apis/autoscaler.llmd.io/v1alpha1/fleetpolicies";
    private static final String LEASES = "apis/coordination.k8s.io/v1/leases";
    private static final String SERVICES = "apis/apiregistration.k8s.io/v1/apiservices";
    private static final String TARGET = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: vllm-big, namespace: n}
            spec:
              replicas: 2
              template: {spec: {nodeSelector: {nvidia.com/gpu.product: H100}, containers: [{name: vllm, image: vllm}]}}
            """;
    private static final String POLICY = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: VariantPolicy
            metadata: {name: big, namespace: n, generation: 1}
            spec:
              scaleTargetRef: {kind: Deployment, name: vllm-big}
              model: m
              costPerReplicaHour: 8
              max: 12
              actuation: %s
              prior: {base: 0.013, coldStart: 20s}
            """;
    private static final String TIER = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: ServiceTier
            metadata: {name: chat}
            spec: {class: standard, itl: {target: 72ms}}
            """;

    private final List<Autoscaler> running = new ArrayList<>();
    private FakeKubeApi api;
    private HttpServer pages;
    private volatile double now;
    private volatile double rate = 10;

    /** One replica of the autoscaler. */
    private final class Autoscaler {

        private final DecisionLog log = new DecisionLog();
        private final DirectCollector collector = new DirectCollector(Duration.ofSeconds(10), Duration.ofSeconds(20));
        private final ClusterAutoscaling cluster;
        private final FleetLoop loop;

        Autoscaler(String name, String... settings) {
            AutoscalerProperties properties = properties(settings);
            cluster = new ClusterAutoscaling(
                    properties,
                    KubeClients.of(new ConfigBuilder()
                            .withMasterUrl(api.url(name))
                            .withNamespace("n")
                            .build()));
            loop = new FleetLoop(
                    properties.fleet(),
                    collector,
                    cluster,
                    cluster.office(),
                    new Planner(2_000, tier -> 0),
                    new Holds(),
                    log,
                    new FitStore(null),
                    new LoopListener() {
                        @Override
                        public void published(Cycle cycle) {
                            cluster.published(cycle);
                        }

                        @Override
                        public void took(String stage, long nanos) {}
                    },
                    InstantSource.system(),
                    now);
            cluster.begin(loop, () -> now);
            running.add(this);
        }

        void turn() {
            now += 2;
            loop.main(now);
        }

        OptionalInt desired() {
            return log.last().stream()
                    .flatMap(cycle -> cycle.published().stream())
                    .flatMap(decision -> decision.variants().stream())
                    .mapToInt(each -> each.desired())
                    .findFirst();
        }

        void close() {
            cluster.close();
            collector.close();
        }
    }

    private AutoscalerProperties properties(String... settings) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "autoscaler.kubernetes.enabled", "true",
                "autoscaler.kubernetes.namespace", "n",
                "autoscaler.kubernetes.router-selector", "app=router",
                "autoscaler.kubernetes.router-path", "/router",
                "autoscaler.kubernetes.router-port", port(),
                "autoscaler.kubernetes.metrics-port", port()));
        for (String each : settings) {
            all.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
        }
        return new Binder(new MapConfigurationPropertySource(all))
                .bind("autoscaler", AutoscalerProperties.class)
                .get();
    }

    private String port() {
        return String.valueOf(pages.getAddress().getPort());
    }

    @BeforeEach
    void start() throws IOException {
        pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        pages.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        pages.createContext("/", exchange -> {
            byte[] bytes = page(exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(bytes);
            }
        });
        pages.start();
        api = FakeKubeApi.start(
                PODS, MAPS, DEPLOYMENTS, HPAS, SCALED_OBJECTS, POLICIES, TIERS, FLEETS, LEASES, SERVICES);
        fill(api);
    }

    private static void fill(FakeKubeApi api) {
        api.put(DEPLOYMENTS, TARGET);
        for (String labels : List.of(
                "router, labels: {app: router",
                "big-1, labels: {llm-d.ai/variant: big",
                "big-2, labels: {llm-d.ai/variant: big")) {
            api.put(PODS, """
                    apiVersion: v1
                    kind: Pod
                    metadata: {namespace: n, name: %s}}
                    status: {podIP: 127.0.0.1, conditions: [{type: Ready, status: 'True'}]}
                    """.formatted(labels));
        }
    }

    /** Requests of a thousand tokens that want two hundred. */
    private String page(String path) {
        if (!path.equals("/router")) {
            return """
                    vllm:num_requests_running 1
                    vllm:num_requests_waiting 0
                    vllm:kv_cache_usage_perc 0.5
                    vllm:cache_config_info{num_gpu_blocks="1000",block_size="16"} 1
                    """;
        }
        double count = rate * now;
        String labels = "{target_model_name=\"m\",priority=\"0\"} ";
        return "llm_d_epp_request_total" + labels + count + "\n"
                + "llm_d_epp_request_running" + labels + "0\n"
                + "llm_d_epp_request_input_tokens_sum" + labels + 1_000 * count + "\n"
                + "llm_d_epp_request_input_tokens_count" + labels + count + "\n"
                + "llm_d_epp_request_output_tokens_sum" + labels + 200 * count + "\n"
                + "llm_d_epp_request_output_tokens_count" + labels + count + "\n";
    }

    @AfterEach
    void stop() {
        running.forEach(Autoscaler::close);
        api.close();
        pages.stop(0);
    }

    /** Machines that build are busy. */
    private static ConditionFactory soon(String what) {
        return await(what).atMost(Duration.ofSeconds(60));
    }

    private static void turn(Autoscaler autoscaler, String until, Callable<Boolean> condition) {
        soon(until).until(() -> {
            autoscaler.turn();
            return condition.call();
        });
    }

    private int replicas() {
        return ((Number) ((Map<?, ?>) api.get(DEPLOYMENTS, "n", "vllm-big").get("spec")).get("replicas")).intValue();
    }

    private Map<?, ?> status() {
        return (Map<?, ?>) api.get(POLICIES, "n", "big").getOrDefault("status", Map.of());
    }

    private static boolean isSaid(Map<?, ?> status, String type, String reason) {
        return status.get("conditions") instanceof List<?> conditions
                && conditions.stream()
                        .map(each -> (Map<?, ?>) each)
                        .anyMatch(each -> type.equals(each.get("type")) && reason.equals(each.get("reason")));
    }

    @Test
    void aPolicyIsCarriedOutAndToldWhatBecameOfIt() {
        api.put(TIERS, TIER);
        api.put(POLICIES, POLICY.formatted("scale"));
        Autoscaler autoscaler = new Autoscaler("a");
        turn(autoscaler, "the target follows", () -> replicas() > 2);
        turn(
                autoscaler,
                "the policy says so",
                () -> isSaid(status(), "Ready", "Valid")
                        && Integer.valueOf(replicas()).equals(status().get("desired")));
        assertThat(status().get("ready")).isEqualTo(2);
        assertThat(api.get(LEASES, "n", "llmd-claim-deployment-vllm-big")).isNotEmpty();
        soon("its number is kept for another process")
                .until(() -> String.valueOf(api.get(MAPS, "n", "llmd-autoscaler-numbers"))
                        .contains("n_big=" + replicas() + "/"));
        assertThat(autoscaler.cluster.state().isLeader()).isTrue();
        assertThat(autoscaler.cluster.state().isConfigValid()).isTrue();
        api.put(POLICIES, POLICY.formatted("scale").replace("model: m", "model: m\n  tiers: [unheard-of]"));
        turn(autoscaler, "a tier that is not there is told", () -> isSaid(status(), "Ready", "Invalid"));
        assertThat(autoscaler.cluster.state().isConfigValid()).isFalse();
        OptionalInt before = autoscaler.desired();
        rate = 40;
        for (int i = 0; i < 5; i++) {
            autoscaler.turn();
            assertThat(autoscaler.desired()).as("its model keeps its number").isEqualTo(before);
        }
    }

    @Test
    void whoStandsByShowsTheLeadersNumberAndGoesOnWithIt() {
        String[] settings = {
            "autoscaler.kubernetes.leader-election.enabled=true",
            "autoscaler.kubernetes.leader-election.lease=4s",
            "autoscaler.kubernetes.leader-election.renew-deadline=2s",
            "autoscaler.kubernetes.leader-election.retry=200ms"
        };
        api.put(TIERS, TIER);
        api.put(POLICIES, POLICY.formatted("metric"));
        Autoscaler first = new Autoscaler("a", settings);
        soon("somebody leads").until(() -> first.cluster.office().isLeader());
        turn(first, "a number is published", () -> first.desired().orElse(0) > 2);
        first.turn();
        int number = first.desired().orElseThrow();
        soon("it is kept")
                .until(() -> String.valueOf(api.get(MAPS, "n", "llmd-autoscaler-numbers"))
                        .contains("n_big=" + number + "/"));
        Autoscaler second = new Autoscaler("b", settings);
        turn(second, "the other one shows it", () -> second.desired().equals(OptionalInt.of(number)));
        assertThat(second.cluster.office().isLeader()).isFalse();
        api.cut("a");
        List<OptionalInt> shown = new ArrayList<>();
        turn(second, "the other one leads", () -> {
            shown.add(second.desired());
            return second.cluster.office().isLeader();
        });
        second.turn();
        shown.add(second.desired());
        assertThat(shown).as("all the time").containsOnly(OptionalInt.of(number));
        assertThat(first.cluster.office().isLeader())
                .as("without API nobody leads")
                .isFalse();
        assertThat(replicas()).as("an HPA would have carried it out").isEqualTo(2);
    }

    @Test
    void variantsOfSettingsNeedNoCustomResources() {
        api.close();
        api = FakeKubeApi.start(PODS, MAPS, DEPLOYMENTS, HPAS, LEASES);
        fill(api);
        Autoscaler autoscaler = new Autoscaler(
                "a",
                "autoscaler.kubernetes.resources=false",
                "autoscaler.tiers[0].name=chat",
                "autoscaler.tiers[0].inter-token=72ms",
                "autoscaler.variants[0].namespace=n",
                "autoscaler.variants[0].name=big",
                "autoscaler.variants[0].model=m",
                "autoscaler.variants[0].cost-per-hour=8",
                "autoscaler.variants[0].max=12",
                "autoscaler.variants[0].accelerator=H100",
                "autoscaler.variants[0].actuation=scale",
                "autoscaler.variants[0].target.name=vllm-big");
        turn(autoscaler, "the target follows", () -> replicas() > 2);
    }

    @Test
    void whileTheApiIsAwayNumbersStay() {
        api.put(TIERS, TIER);
        api.put(POLICIES, POLICY.formatted("metric"));
        Autoscaler autoscaler = new Autoscaler("a");
        turn(autoscaler, "a number is published", () -> autoscaler.desired().orElse(0) > 2);
        autoscaler.turn();
        OptionalInt before = autoscaler.desired();
        api.cut("a");
        for (int i = 0; i < 5; i++) {
            autoscaler.turn();
        }
        assertThat(autoscaler.desired()).isEqualTo(before);
        assertThat(autoscaler.cluster.get()).as("pods are those of before").isPresent();
    }

    @Test
    void anotherServerOfExternalMetricsIsFound() {
        ClusterAutoscaling cluster = new Autoscaler("a").cluster;
        assertThat(cluster.otherExternalMetrics("llmd-autoscaler"))
                .as("nobody serves them")
                .isEmpty();
        String service = """
                apiVersion: apiregistration.k8s.io/v1
                kind: APIService
                metadata: {name: v1beta1.external.metrics.k8s.io}
                spec: {group: external.metrics.k8s.io, version: v1beta1, service: {name: %s, namespace: %s}}
                """;
        api.put(SERVICES, service.formatted("keda-operator-metrics-apiserver", "keda"));
        assertThat(cluster.otherExternalMetrics("llmd-autoscaler")).hasValue("keda/keda-operator-metrics-apiserver");
        api.put(SERVICES, service.formatted("llmd-autoscaler", "elsewhere"));
        assertThat(cluster.otherExternalMetrics("llmd-autoscaler")).hasValue("elsewhere/llmd-autoscaler");
        api.put(SERVICES, service.formatted("llmd-autoscaler", "n"));
        assertThat(cluster.otherExternalMetrics("llmd-autoscaler")).isEmpty();
    }
}
