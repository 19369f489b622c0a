package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.scheduler.SchedulerApplication;
import io.llmd.scheduler.api.extproc.ExtProcServer;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.suite.ScriptedGateway.Answer;
import io.llmd.suite.ScriptedGateway.Pool;
import io.llmd.suite.ScriptedGateway.Rule;
import io.llmd.testsupport.FakeKubeApi;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

/**
 * What gateways with a scheduler as their endpoint picker have to do, by the scenarios of the conformance suite of the
 * Inference Extension: two schedulers that follow pools and pods of a Kubernetes API, simulated pods with addresses of
 * their own, and gateways that speak ext_proc. All over sockets.
 */
@Timeout(120)
class GatewayConformanceIT {

    private static final String MODEL = "sim-8b";
    private static final String SELECTION = "test-epp-endpoint-selection";
    private static final String SERVED = "x-conformance-test-served-endpoint";
    private static final String REASON = "x-llm-d-request-dropped-reason";
    private static final String BODY = "{\"model\":\"" + MODEL + "\",\"prompt\":\"Hi\",\"max_tokens\":1}";
    private static final String PODS = "api/v1/pods";
    private static final String POOLS = "apis/inference.networking.k8s.io/v1/inferencepools";
    private static final String OBJECTIVES = "apis/llm-d.ai/v1alpha2/inferenceobjectives";
    private static final String SCHEDULING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: wanted, type: header-based-testing-filter}
              - {name: served, type: destination-endpoint-served-verifier}
              - {name: busy, type: active-request-scorer}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: default, plugins: [{pluginRef: wanted}, {pluginRef: busy, weight: 1}, {pluginRef: best}]}
            """;

    @TempDir
    private static Path folder;

    private static FakeKubeApi api;
    private static Pods primaryPods;
    private static Pods secondaryPods;
    private static Pods rankedPods;
    private static Scheduler primary;
    private static Scheduler secondary;

    @BeforeAll
    static void start() {
        api = FakeKubeApi.start(PODS, POOLS, OBJECTIVES, "apis/llm-d.ai/v1alpha2/inferencemodelrewrites");
        primaryPods = new Pods("primary", 11, 1);
        secondaryPods = new Pods("secondary", 21, 1);
        rankedPods = new Pods("ranked", 31, 3);
        Stream.of(primaryPods, secondaryPods, rankedPods).forEach(Pods::show);
        primaryPods.pool("primary", "");
        secondaryPods.pool("secondary", "");
        primary = new Scheduler("primary", 0);
        secondary = new Scheduler("secondary", 0);
    }

    @AfterAll
    static void stop() {
        Stream.of(primary, secondary).forEach(Scheduler::close);
        Stream.of(primaryPods, secondaryPods, rankedPods).forEach(Pods::close);
        api.close();
    }

    @BeforeEach
    void poolsAreAsAtTheStart() {
        primaryPods.pool("primary", "");
        secondaryPods.pool("secondary", "");
        primary.awaitHealth(ServingStatus.SERVING);
        secondary.awaitHealth(ServingStatus.SERVING);
        primaryPods.awaitServedBy(primary);
        secondaryPods.awaitServedBy(secondary);
    }

    /** A selection that leaves every pod of all pools, so that the pool alone decides. */
    private static String anyPod() {
        return Stream.of(primaryPods, secondaryPods, rankedPods)
                .flatMap(pods -> pods.hosts.stream())
                .collect(Collectors.joining(","));
    }

    private static Answer get(ScriptedGateway gateway, String path, String selection) {
        return gateway.send(path, null, SELECTION, selection);
    }

    private static List<Answer> many(ScriptedGateway gateway, int requests, int atOnce, String selection)
            throws InterruptedException, ExecutionException {
        try (ExecutorService threads = Executors.newFixedThreadPool(atOnce)) {
            List<Future<Answer>> waiting = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                waiting.add(threads.submit(() -> gateway.send("/v1/completions", BODY, SELECTION, selection)));
            }
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> answer : waiting) {
                answers.add(answer.get());
            }
            return answers;
        }
    }

    private static void assertServed(Answer answer, Pods by) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(by.all()).contains(answer.pod());
    }

    /** The pod that answered is the one of the destination that the scheduler named. */
    private static void assertServedWhereThePickerSaid(Answer answer, Pods by) {
        assertThat(answer.header(SERVED))
                .isEqualTo(by.hosts.get(by.all().indexOf(answer.pod())) + ":" + by.ports.getFirst());
    }

    @Test
    @Tag("ext-proc-C1")
    @DisplayName(
            "InferencePoolAccepted: a pool is taken, and what refers to it is accepted; the pool's own status is for"
                    + " a gateway's controller to write")
    void aPoolIsTakenAndItsObjectivesAreAccepted() {
        api.put(OBJECTIVES, """
                apiVersion: llm-d.ai/v1alpha2
                kind: InferenceObjective
                metadata: {name: urgent, namespace: app, generation: 4}
                spec: {priority: 10, poolRef: {name: primary}}
                """);
        await("the condition is written")
                .untilAsserted(
                        () -> assertThat(api.get(OBJECTIVES, "app", "urgent").toString())
                                .contains("type=Accepted", "status=True", "reason=Accepted", "observedGeneration=4"));
        assertThat(primary.health()).isEqualTo(ServingStatus.SERVING);
        assertServed(get(ScriptedGateway.to(primary.proxies), "/v1/models", anyPod()), primaryPods);
    }

    @Test
    @DisplayName(
            "of InferencePoolResolvedRefsCondition what concerns a picker: two gateways share a pool until it goes")
    void aPoolServesTwoGatewaysUntilItIsGone() {
        ManagedChannel own = channel(primary.port);
        ScriptedGateway first = ScriptedGateway.to(own);
        ScriptedGateway second = ScriptedGateway.to(primary.proxies);
        assertServed(get(first, "/v1/models", anyPod()), primaryPods);
        assertServed(get(second, "/v1/models", anyPod()), primaryPods);
        own.shutdownNow();
        api.remove(POOLS, "app", "primary");
        primary.awaitHealth(ServingStatus.NOT_SERVING);
        Answer refused = get(second, "/v1/models", anyPod());
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header(REASON)).isEqualTo("rejected-no-endpoints");
    }

    @Test
    @Tag("ext-proc-C3")
    @Tag("ext-proc-C14")
    @DisplayName(
            "InferencePoolInvalidEPPService, EppUnAvailableFailOpen: our gateway with no scheduler yet, and no more")
    void withoutASchedulerItIsFiveHundredsAndWhereOneHasBeenRequestsAreServed() throws Exception {
        int port = FreePorts.next();
        try (ServiceContexts gateways = new ServiceContexts()) {
            gateways.start(
                    Role.GATEWAY,
                    Map.of(
                            "server.address", "127.0.0.1",
                            "server.port", "0",
                            "management.server.address", "127.0.0.1",
                            "management.server.port", "0",
                            "spring.cloud.config.enabled", "false",
                            "gateway.access.demo-key", RunningSuite.KEY,
                            "gateway.scheduler.url", "http://127.0.0.1:" + port,
                            "gateway.scheduler.poll-interval", "100ms",
                            "gateway.scheduler.probe-interval", "100ms",
                            "gateway.models.poll-interval", "200ms"),
                    Stream.empty());
            int gateway = gateways.port(Role.GATEWAY);
            assertThat(completion(gateway)).as("nobody has been there").isBetween(500, 504);
            try (Scheduler last = new Scheduler("secondary", port, "")) {
                assertThat(last.health()).isNotNull();
                await("it serves").atMost(30, TimeUnit.SECONDS).until(() -> completion(gateway) == 200);
            }
            for (int i = 0; i < 10; i++) {
                assertThat(completion(gateway)).as("the scheduler is gone").isEqualTo(200);
            }
        }
    }

    private static int completion(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                                    .header("authorization", "Bearer " + RunningSuite.KEY)
                                    .header("content-type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(BODY))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    @Test
    @Tag("ext-proc-C4")
    @DisplayName("InferencePoolMissingEPPRef: whether a pool names its picker is of no concern to the picker")
    void aPoolServesWhetherItNamesAPickerOrNot() {
        ScriptedGateway gateway = ScriptedGateway.to(primary.proxies);
        assertServed(get(gateway, "/v1/models", anyPod()), primaryPods);
        secondaryPods.pool("primary", "endpointPickerRef: {name: elsewhere, port: {number: 9002}}, ");
        secondaryPods.awaitServedBy(primary);
        assertServed(get(gateway, "/v1/models", anyPod()), secondaryPods);
    }

    @Test
    @Tag("ext-proc-C5")
    @DisplayName("InferencePoolHTTPRoutePortValidation, the picker's part: the pool's port counts, whatever port the"
            + " authority has that the picker is told; ports of routes are the gateway's")
    void thePortThatThePickerIsToldIsIgnored() {
        ScriptedGateway gateway = ScriptedGateway.to(primary.proxies);
        for (String authority : List.of("gateway", "gateway:" + primaryPods.ports.getFirst(), "gateway:1")) {
            Answer answer = gateway.send("/v1/models", null, SELECTION, anyPod(), ":authority", authority);
            assertServed(answer, primaryPods);
            assertThat(answer.header("x-inference-port"))
                    .isEqualTo(primaryPods.ports.getFirst().toString());
            assertServedWhereThePickerSaid(answer, primaryPods);
        }
    }

    @Test
    @Tag("ext-proc-C6")
    @Tag("inference-api-A35")
    @DisplayName("InferencePoolAppProtocol: pods that speak HTTP/1.1 or HTTP/2, and parsers that read neither")
    void podsAreChosenWhateverTheySpeakIfTheConfigurationCanReadIt() throws IOException {
        ScriptedGateway gateway = ScriptedGateway.to(primary.proxies);
        for (String protocol : List.of("", "appProtocol: http, ")) {
            primaryPods.pool("primary", protocol);
            for (String host : primaryPods.hosts) {
                Answer answer = get(gateway, "/v1/models", host);
                assertServed(answer, primaryPods);
                assertThat(answer.header(SERVED)).isEqualTo(host + ":" + primaryPods.ports.getFirst());
            }
        }

        primary.write(SCHEDULING + """
                requestHandler: {parsers: [{pluginRef: vllmgrpc-parser}, {pluginRef: passthrough-parser}]}
                """);
        primary.awaitHealth(ServingStatus.NOT_SERVING);
        DisposableServer second = null;
        DisposableServer first = HttpServer.create()
                .host("127.0.0.41")
                .port(0)
                .protocol(HttpProtocol.H2C, HttpProtocol.HTTP11)
                .handle((request, response) -> response.sendString(Mono.just(request.protocol())))
                .bindNow();
        try {
            second = HttpServer.create()
                    .host("127.0.0.42")
                    .port(first.port())
                    .protocol(HttpProtocol.H2C, HttpProtocol.HTTP11)
                    .handle((request, response) -> response.sendString(Mono.just(request.protocol())))
                    .bindNow();
            for (int i = 1; i <= 2; i++) {
                pod("h2c-" + i, "127.0.0.4" + i, "h2c");
            }
            pool("primary", "h2c", List.of(first.port()), "appProtocol: kubernetes.io/h2c, ");
            primary.awaitHealth(ServingStatus.SERVING);
            ScriptedGateway overHttp2 = new ScriptedGateway(
                    List.of(new Rule("/", List.of(new Pool(primary.proxies, 1)))),
                    new SplittableRandom(1),
                    HttpClient.Version.HTTP_2);
            for (int i = 1; i <= 2; i++) {
                String destination = "127.0.0.4" + i + ":" + first.port();
                Answer answer = get(overHttp2, "/any", destination);
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo("HTTP/2.0");
                assertThat(answer.header(SERVED)).isEqualTo(destination);
            }
        } finally {
            primary.write(SCHEDULING);
            first.disposeNow();
            if (second != null) {
                second.disposeNow();
            }
        }
    }

    @Test
    @Tag("ext-proc-C7")
    @DisplayName("HTTPRouteInvalidInferencePoolRef: a pool that is not there serves nobody, until it is")
    void aPoolThatIsNotThereIs503UntilItIs() {
        api.remove(POOLS, "app", "secondary");
        secondary.awaitHealth(ServingStatus.NOT_SERVING);
        ScriptedGateway gateway = ScriptedGateway.to(secondary.proxies);
        Answer refused = gateway.send("/v1/completions", BODY, SELECTION, anyPod());
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header(REASON)).isEqualTo("rejected-no-endpoints");
        secondaryPods.pool("secondary", "");
        secondary.awaitHealth(ServingStatus.SERVING);
        secondaryPods.awaitServedBy(secondary);
        assertServed(gateway.send("/v1/completions", BODY, SELECTION, anyPod()), secondaryPods);
    }

    @Test
    @Tag("ext-proc-C8")
    @DisplayName("HTTPRouteMultipleRulesDifferentPools: of two rules of one gateway each reaches its own pool alone")
    void rulesOfOneGatewayReachTheirOwnPools() {
        ScriptedGateway gateway = new ScriptedGateway(
                List.of(
                        new Rule("/v1/models", List.of(new Pool(primary.proxies, 1))),
                        new Rule("/health", List.of(new Pool(secondary.proxies, 1)))),
                new SplittableRandom(1),
                HttpClient.Version.HTTP_1_1);
        for (int i = 0; i < 10; i++) {
            assertServed(get(gateway, "/v1/models", anyPod()), primaryPods);
            assertServed(get(gateway, "/health", anyPod()), secondaryPods);
        }
    }

    @Test
    @Tag("ext-proc-C9")
    @DisplayName("HTTPRouteMultipleGatewaysDifferentPools: each of two gateways reaches its own pool alone")
    void gatewaysReachTheirOwnPools() {
        ScriptedGateway first = ScriptedGateway.to(primary.proxies);
        ScriptedGateway second = ScriptedGateway.to(secondary.proxies);
        for (int i = 0; i < 10; i++) {
            assertServed(get(first, "/v1/models", anyPod()), primaryPods);
            assertServed(get(second, "/v1/models", anyPod()), secondaryPods);
        }
    }

    @Test
    @Tag("ext-proc-C10")
    @DisplayName("GatewayFollowingEPPRouting: 100 requests, 10 at once, reach the pods that are named and no other")
    void requestsGoToTheNamedPodsAlone() throws Exception {
        ScriptedGateway gateway = ScriptedGateway.to(primary.proxies);
        for (int named = 1; named <= 3; named++) {
            List<Answer> answers = many(gateway, 100, 10, String.join(",", primaryPods.hosts.subList(0, named)));
            assertThat(answers).extracting(Answer::status).containsOnly(200);
            assertThat(answers.stream().map(Answer::pod).collect(Collectors.toSet()))
                    .isEqualTo(Set.copyOf(primaryPods.all().subList(0, named)));
        }
    }

    @Test
    @Tag("ext-proc-C11")
    @DisplayName("GatewayFollowingEPPRoutingWithDataParallelism: the same with ranks, which are ports of a pod")
    void requestsGoToTheNamedRanksAlone() throws Exception {
        rankedPods.pool("primary", "");
        rankedPods.awaitServedBy(primary);
        ScriptedGateway gateway = ScriptedGateway.to(primary.proxies);
        String host = rankedPods.hosts.get(1);
        List<Integer> ports = rankedPods.ports;
        Map<String, List<Integer>> wanted = Map.of(
                host,
                ports,
                host + ":" + ports.get(1),
                ports.subList(1, 2),
                host + ":" + ports.get(0) + "," + host + ":" + ports.get(2),
                List.of(ports.get(0), ports.get(2)));
        for (Map.Entry<String, List<Integer>> selection : wanted.entrySet()) {
            List<Answer> answers = many(gateway, 60, 10, selection.getKey());
            assertThat(answers).extracting(Answer::status).containsOnly(200);
            assertThat(answers.stream().map(Answer::pod).collect(Collectors.toSet()))
                    .isEqualTo(selection.getValue().stream()
                            .map(port -> "ranked-1:" + port)
                            .collect(Collectors.toSet()));
        }
    }

    @Test
    @Tag("ext-proc-C12")
    @DisplayName(
            "GatewayWeightedAcrossTwoInferencePools: each of 200 weighted requests reaches a pod of the pool it drew")
    void weightedRequestsReachThePoolThatTheyDrew() throws Exception {
        ScriptedGateway gateway = new ScriptedGateway(
                List.of(new Rule("/", List.of(new Pool(primary.proxies, 70), new Pool(secondary.proxies, 30)))),
                new SplittableRandom(12),
                HttpClient.Version.HTTP_1_1);
        List<Answer> answers = many(gateway, 200, 5, anyPod());
        for (Answer answer : answers) {
            Pods drawn = answer.drawn() == primary.proxies ? primaryPods : secondaryPods;
            assertServed(answer, drawn);
            assertServedWhereThePickerSaid(answer, drawn);
        }
        long ofPrimary = answers.stream()
                .filter(answer -> answer.drawn() == primary.proxies)
                .count();
        // 4.5 standard deviations of 200 draws
        assertThat(ofPrimary / 200.0).isBetween(0.7 - 0.146, 0.7 + 0.146);
    }

    @Test
    @Tag("ext-proc-C13")
    @DisplayName("GatewayDestinationEndpointServed: the answer tells who served, as the gateway has told it")
    void theAnswerTellsWhoServed() {
        ScriptedGateway gateway = ScriptedGateway.to(primary.proxies);
        for (String host : primaryPods.hosts) {
            Answer answer = gateway.send("/v1/completions", BODY, SELECTION, host);
            assertServed(answer, primaryPods);
            assertThat(answer.header(SERVED)).isEqualTo(host + ":" + primaryPods.ports.getFirst());
        }
    }

    // ---- what runs

    private static ManagedChannel channel(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    private static void pod(String name, String host, String app) {
        api.put(PODS, """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: app, labels: {app: %s}}
                status: {podIP: %s, conditions: [{type: Ready, status: 'True'}]}
                """.formatted(name, app, host));
    }

    private static void pool(String name, String app, List<Integer> ports, String more) {
        api.put(POOLS, """
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: %s, namespace: app}
                spec: {%sselector: {matchLabels: {app: %s}}, targetPorts: [%s]}
                """.formatted(
                        name,
                        more,
                        app,
                        ports.stream().map(port -> "{number: " + port + "}").collect(Collectors.joining(", "))));
    }

    /** Three simulated pods, each with an address of its own and the same ports, each of which is an endpoint. */
    private static final class Pods implements AutoCloseable {

        private final String app;
        private final List<String> hosts = new ArrayList<>();
        private final List<Integer> ports = new ArrayList<>();
        private final List<VllmSimulator> endpoints = new ArrayList<>();

        Pods(String app, int firstHost, int ranks) {
            this.app = app;
            for (int i = 0; i < 3; i++) {
                hosts.add("127.0.0." + (firstHost + i));
            }
            for (int rank = 0; rank < ranks; rank++) {
                VllmSimulator first = endpoint(0, 0);
                ports.add(first.port());
                endpoints.add(first);
                for (int i = 1; i < 3; i++) {
                    endpoints.add(endpoint(i, first.port()));
                }
            }
        }

        private VllmSimulator endpoint(int number, int port) {
            return VllmSimulator.start(SimulatorSettings.builder()
                    .option("host", hosts.get(number))
                    .option("port", Integer.toString(port))
                    .option("model", MODEL)
                    .option("inference-pod", app + "-" + number)
                    .build());
        }

        /** Tells the API of the pods. */
        void show() {
            for (int i = 0; i < 3; i++) {
                pod(app + "-" + i, hosts.get(i), app);
            }
        }

        /** Makes these the pods of a pool. */
        void pool(String name, String more) {
            GatewayConformanceIT.pool(name, app, ports, more);
        }

        /** All pods with all of their ports, as answers name them. */
        List<String> all() {
            List<String> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                for (int port : ports) {
                    all.add(app + "-" + i + ":" + port);
                }
            }
            return Collections.unmodifiableList(all);
        }

        void awaitServedBy(Scheduler scheduler) {
            String last = hosts.getLast() + ":" + ports.getLast();
            await(app + " is served")
                    .atMost(30, TimeUnit.SECONDS)
                    .until(() -> get(ScriptedGateway.to(scheduler.proxies), "/v1/models", last)
                                    .status()
                            == 200);
        }

        @Override
        public void close() {
            endpoints.forEach(VllmSimulator::close);
        }
    }

    /** A scheduler that follows a pool. */
    private static final class Scheduler implements AutoCloseable {

        private static final List<String> CLUSTER =
                List.of("kubernetes.master", "kubernetes.auth.tryKubeConfig", "kubernetes.auth.tryServiceAccount");

        private final Path config;
        private final ConfigurableApplicationContext context;
        private final int port;
        private final ManagedChannel proxies;
        private final ManagedChannel probes;

        Scheduler(String pool, int httpPort) {
            this(pool, httpPort, SCHEDULING);
        }

        /** @param scheduling the configuration; empty for the scheduler's own */
        Scheduler(String pool, int httpPort, String scheduling) {
            config = folder.resolve(pool + "-" + System.nanoTime() + ".yaml");
            List<String> settings = new ArrayList<>(List.of(
                    "--server.address=127.0.0.1",
                    "--server.port=" + httpPort,
                    "--management.server.port=0",
                    "--spring.cloud.config.enabled=false",
                    "--spring.config.import=",
                    "--scheduler.pool=" + pool,
                    "--scheduler.allow-experimental-plugins=true",
                    "--scheduler.config-reload-interval=100ms",
                    "--scheduler.discovery.allow-loopback=true",
                    "--scheduler.discovery.kubernetes.enabled=true",
                    "--scheduler.discovery.kubernetes.namespace=app",
                    "--scheduler.ext-proc.enabled=true",
                    "--scheduler.ext-proc.secure-serving=false",
                    "--scheduler.ext-proc.address=127.0.0.1",
                    "--scheduler.ext-proc.port=0",
                    "--scheduler.ext-proc.health-port=0"));
            if (!scheduling.isEmpty()) {
                write(scheduling);
                settings.add("--scheduler.config-file=" + config);
            }
            CLUSTER.forEach(name -> System.setProperty(name, name.endsWith("master") ? api.url(pool) : "false"));
            try {
                context = SchedulerApplication.application().run(settings.toArray(String[]::new));
            } finally {
                CLUSTER.forEach(System::clearProperty);
            }
            ExtProcServer server = context.getBean(ExtProcServer.class);
            port = server.port();
            proxies = channel(port);
            probes = channel(server.healthPort());
        }

        void write(String scheduling) {
            try {
                Files.writeString(config, scheduling);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        ServingStatus health() {
            return HealthGrpc.newBlockingStub(probes)
                    .check(HealthCheckRequest.newBuilder()
                            .setService("readiness")
                            .build())
                    .getStatus();
        }

        void awaitHealth(ServingStatus status) {
            await("readiness is " + status).atMost(20, TimeUnit.SECONDS).until(() -> health() == status);
        }

        @Override
        public void close() {
            proxies.shutdownNow();
            probes.shutdownNow();
            context.close();
        }
    }
}
