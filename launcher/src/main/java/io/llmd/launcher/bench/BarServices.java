package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** A gateway and a scheduler that are measured, on the core of the services, in one process or in two. */
final class BarServices implements AutoCloseable {

    /** How they are put together. */
    enum Shape {
        TOGETHER,
        APART
    }

    static final int HEAP_MEBIBYTES = 512;

    private static final int SCHEDULER = 1;
    private static final int GATEWAY_MANAGEMENT = 1000;
    private static final int SCHEDULER_MANAGEMENT = 1010;
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    private final List<SoakPart> parts = new ArrayList<>();
    private final int port;
    private final String probe;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /**
     * Starts them and waits until they answer.
     *
     * @param further settings beside the usual ones, or in their place
     * @param key of the request that shows that they answer
     * @param model that it names
     */
    static BarServices start(
            BarRun run, Shape shape, List<Integer> endpoints, Map<String, String> further, String key, String model)
            throws IOException, InterruptedException {
        BarServices services = new BarServices(run, shape, endpoints, further, model);
        try {
            for (SoakPart part : services.parts) {
                part.start();
            }
            for (SoakPart part : services.parts) {
                part.awaitReady();
            }
            services.awaitAnswer(key);
            return services;
        } catch (IOException | InterruptedException | RuntimeException e) {
            services.close();
            throw e;
        }
    }

    /** The same before endpoints of an {@link EndpointStub}, for everybody. */
    static BarServices start(BarRun run, Shape shape, List<Integer> endpoints, Map<String, String> further)
            throws IOException, InterruptedException {
        return start(run, shape, endpoints, further, "", Payloads.MODEL);
    }

    private BarServices(BarRun run, Shape shape, List<Integer> endpoints, Map<String, String> further, String model)
            throws IOException {
        port = Ports.free(ThreadLocalRandom.current(), List.of(SCHEDULER, GATEWAY_MANAGEMENT, SCHEDULER_MANAGEMENT));
        probe = "{\"model\":\"" + model + "\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        Map<String, String> settings = new LinkedHashMap<>(LlmdContender.settings(port, endpoints));
        settings.put("management.server.address", "127.0.0.1");
        settings.putAll(further);
        if (shape == Shape.APART) {
            parts.add(part(run, "scheduler", only(settings, "gateway."), SCHEDULER_MANAGEMENT));
            parts.add(part(run, "gateway", only(settings, "scheduler."), GATEWAY_MANAGEMENT));
        } else {
            parts.add(part(run, "scheduler,gateway", settings, GATEWAY_MANAGEMENT));
        }
    }

    private static Map<String, String> only(Map<String, String> settings, String others) {
        Map<String, String> own = new LinkedHashMap<>(settings);
        own.keySet().removeIf(key -> key.startsWith(others));
        return own;
    }

    private SoakPart part(BarRun run, String roles, Map<String, String> settings, int management) {
        List<String> arguments =
                new ArrayList<>(List.of("serve", "--roles", roles, "--port-base", Integer.toString(port)));
        settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        List<String> options =
                new ArrayList<>(ImageJvm.with(List.of("-Xms" + HEAP_MEBIBYTES + "m", "-Xmx" + HEAP_MEBIBYTES + "m")));
        options.addAll(run.pinning().options());
        Path log = run.folder().resolve(roles.replace(',', '-') + "-" + port + ".log");
        return new SoakPart(
                roles,
                run.pinning().service(ChildJvm.command(options, "io.llmd.launcher.Llmd", arguments)),
                URI.create("http://127.0.0.1:" + (port + management) + "/actuator/health/readiness"),
                log);
    }

    private void awaitAnswer(String key) throws IOException, InterruptedException {
        HttpRequest question = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .timeout(ANSWER_LIMIT)
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(probe))
                .build();
        long limit = System.nanoTime() + ANSWER_LIMIT.toNanos();
        int status = 0;
        while (status != 200) {
            status = http.send(question, BodyHandlers.discarding()).statusCode();
            if (status != 200 && System.nanoTime() > limit) {
                throw new BenchFailure("the services answer a good request with " + status);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** Port of the gateway. */
    int port() {
        return port;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Process of the gateway. */
    long gatewayPid() {
        return parts.getLast().pid();
    }

    /** Process of the scheduler, which may be the same. */
    long schedulerPid() {
        return parts.getFirst().pid();
    }

    MetersPage gatewayMeters() throws IOException, InterruptedException {
        return meters(GATEWAY_MANAGEMENT);
    }

    MetersPage schedulerMeters() throws IOException, InterruptedException {
        return meters(SCHEDULER_MANAGEMENT);
    }

    private MetersPage meters(int management) throws IOException, InterruptedException {
        return MetersPage.read(http, URI.create("http://127.0.0.1:" + (port + management) + "/actuator/prometheus"));
    }

    /** What the gateway's process holds right after a collection. */
    SoakReading collected() throws IOException, InterruptedException {
        SoakReading.collect(gatewayPid());
        return SoakReading.of(gatewayMeters());
    }

    /** Short requests over 64 connections for a while, so that compilers are done. */
    void warmUp(BarRun run, LoadClient client) throws InterruptedException {
        Duration least = run.settings().warmUp();
        if (least.isZero()) {
            return;
        }
        run.say("warming up for " + least.toSeconds() + " s");
        LoadRun load = client.start(port, run.share(64), BarRun.SHORT, Duration.ZERO, 0);
        TimeUnit.MILLISECONDS.sleep(least.toMillis());
        load.drain(BarRun.DRAIN);
    }

    @Override
    public void close() {
        parts.forEach(SoakPart::close);
        http.shutdownNow();
    }
}
