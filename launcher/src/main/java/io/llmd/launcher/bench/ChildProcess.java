package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A contender that runs: its process tree, its port, its log. Closing it ends the whole tree. */
final class ChildProcess implements AutoCloseable {

    private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);
    private static final int LOG_LINES = 20;

    private final String name;
    private final Process process;
    private final int port;
    private final Path log;

    private ChildProcess(String name, Process process, int port, Path log) {
        this.name = name;
        this.process = process;
        this.port = port;
        this.log = log;
    }

    static ChildProcess start(Contender contender, List<Integer> endpoints, Path folder) throws IOException {
        int port = Ports.free(ThreadLocalRandom.current(), contender.furtherPorts());
        Path log = folder.resolve(contender.name() + ".log");
        Process process = new ProcessBuilder(contender.command(port, endpoints, folder))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        return new ChildProcess(contender.name(), process, port, log);
    }

    int port() {
        return port;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** Whether a process serves. Exceptions mean not yet. */
    @FunctionalInterface
    interface Probe {
        boolean serves() throws IOException, InterruptedException;
    }

    /**
     * Waits until a chat request is answered, with the prepared bytes of an {@link EndpointStub}.
     *
     * @param exact whether it must be these bytes
     * @throws BenchFailure if the process ends or the limit passes before that; holds the end of its log
     */
    void awaitReady(Duration limit, boolean exact) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build()) {
            await(limit, () -> {
                HttpResponse<byte[]> answer = client.send(probe(), HttpResponse.BodyHandlers.ofByteArray());
                boolean isPrepared = answer.body().length == Payloads.ANSWER_BYTES || !exact;
                if (answer.statusCode() == 200 && isPrepared) {
                    return true;
                }
                throw new IOException(answer.statusCode() + " "
                        + new String(answer.body(), StandardCharsets.UTF_8)
                                .lines()
                                .findFirst()
                                .orElse(""));
            });
        }
    }

    /**
     * Waits until the probe says that the process serves.
     *
     * @throws BenchFailure if the process ends or the limit passes before that; holds the end of its log
     */
    void await(Duration limit, Probe probe) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        String last = "nothing was answered";
        while (process.isAlive() && System.nanoTime() < deadline) {
            try {
                if (probe.serves()) {
                    return;
                }
                last = "it answers, but does not serve";
            } catch (IOException notYet) {
                last = "last attempt: " + notYet;
            }
            Thread.sleep(PROBE_INTERVAL);
        }
        String state =
                process.isAlive() ? "not ready after " + limit.toSeconds() + " s" : "ended with " + process.exitValue();
        throw new BenchFailure(name + ": " + state + "; " + last + "; end of its log:\n" + logEnd());
    }

    private HttpRequest probe() {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .timeout(Duration.ofSeconds(5))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Payloads.chatBody(0, false)))
                .build();
    }

    private String logEnd() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }

    @Override
    public void close() {
        List<ProcessHandle> tree;
        try (Stream<ProcessHandle> descendants = process.descendants()) {
            tree = descendants.toList();
        }
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        tree.forEach(ProcessHandle::destroyForcibly);
    }
}
