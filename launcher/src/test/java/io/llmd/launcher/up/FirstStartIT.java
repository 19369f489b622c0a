package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.Ports;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.home.SuitePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.spi.InetAddressResolverProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The trial as somebody starts it for the first time, in processes of its own: what its closing screen prints works as it stands,
 * and nothing of it leaves the machine.
 */
class FirstStartIT {

    private static final Pattern URL = Pattern.compile("http://localhost:\\d+[^\\s\"]*");
    private static final Pattern KEY = Pattern.compile("key (sk-demo-\\S+)");
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    private Path folder;

    private Path lookups;
    private int commands;

    /** A start script as the checkout has one, without its build. */
    @BeforeEach
    void write() throws IOException {
        Path services = Files.createDirectories(folder.resolve("classes/META-INF/services"));
        Files.writeString(
                services.resolve(InetAddressResolverProvider.class.getName()), RecordedLookups.class.getName());
        lookups = folder.resolve("lookups");
        Path script = folder.resolve("llmd");
        Files.writeString(script, """
                #!/bin/sh
                exec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m --enable-native-access=ALL-UNNAMED \\
                    --sun-misc-unsafe-memory-access=allow -Dllmd.home='%s' -Dllmd.test.lookups='%s' \\
                    -cp '%s:%s' io.llmd.launcher.Llmd "$@"
                """.formatted(
                        Path.of(System.getProperty("java.home"), "bin", "java"),
                        folder,
                        lookups,
                        folder.resolve("classes"),
                        System.getProperty("java.class.path")));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    @AfterEach
    void end() throws IOException {
        if (new RunFile(new LlmdHome(folder)).status() instanceof RunStatus.Running(RunState state)) {
            ProcessHandle.of(state.pid()).ifPresent(ProcessHandle::destroy);
        }
    }

    @Test
    void whatIsPrintedWorksAndNothingLeavesTheMachine() throws Exception {
        String screen = run("./llmd up --detach --with-kv-index --pods 3 --port-base " + freePorts());
        RunState state = running();
        try (ForeignSockets sockets = new ForeignSockets(state.pid())) {
            int closing = screen.indexOf(" ready in ");
            int shown = screen.indexOf("Try:");
            assertThat(closing).isPositive().isLessThan(shown);
            assertThatEachUrlAnswers(screen.substring(closing, shown));
            List<String> lines = commands(screen.substring(shown));
            assertThat(lines).hasSizeGreaterThan(7).last().isEqualTo("./llmd down");
            boolean hasCurl = canRun("curl");
            for (String line : lines.subList(0, lines.size() - 1)) {
                if (line.startsWith("curl") && !hasCurl) {
                    continue;
                }
                // As printed, but for the half minute that the load would take.
                run(line.replace("--for 30s", "--for 3s"));
            }
            assertThat(sockets.seen()).isEmpty();
        }
        run("./llmd down");

        assertThat(ProcessHandle.of(state.pid()).map(ProcessHandle::isAlive).orElse(false))
                .isFalse();
        assertThat(Files.readAllLines(lookups)).as("names that were looked up").containsOnly(RecordedLookups.RECORDER);
    }

    private RunState running() {
        return switch (new RunFile(new LlmdHome(folder)).status()) {
            case RunStatus.Running(RunState state) -> state;
            case RunStatus other -> throw new AssertionError(other.toString());
        };
    }

    private static void assertThatEachUrlAnswers(String screen) throws Exception {
        Matcher key = KEY.matcher(screen);
        assertThat(key.find()).isTrue();
        List<String> urls =
                URL.matcher(screen).results().map(found -> found.group()).toList();
        assertThat(urls).hasSizeGreaterThan(5);
        try (HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()) {
            for (String url : urls) {
                // The base URL of clients is no page; what they ask first is.
                String asked = url.endsWith("/v1") ? url + "/models" : url;
                HttpResponse<String> answer = client.send(
                        HttpRequest.newBuilder(URI.create(asked))
                                .header("authorization", "Bearer " + key.group(1))
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(asked).isEqualTo(200);
                assertThat(answer.body()).as(asked).isNotEmpty();
            }
        }
    }

    private static List<String> commands(String screen) {
        return screen.replaceAll("\\\\\n\\s*", "")
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("./llmd ") || line.startsWith("curl "))
                .toList();
    }

    private static boolean canRun(String program) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "command -v " + program).start().waitFor() == 0;
    }

    /** Output of a command line that ends with 0. */
    private String run(String line) throws Exception {
        Path output = folder.resolve("output-" + commands++);
        Process process = new ProcessBuilder("sh", "-c", line)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
        try (ForeignSockets sockets = new ForeignSockets(process.pid())) {
            boolean ended = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            String text = Files.readString(output);
            assertThat(ended).as(line + "\n" + text).isTrue();
            assertThat(process.exitValue()).as(line + "\n" + text).isZero();
            assertThat(text).as(line).isNotBlank();
            assertThat(sockets.seen()).isEmpty();
            return text;
        }
    }

    /** A port from which all of the trial are free. */
    private static int freePorts() {
        Ports ports = new Ports();
        return new SplittableRandom()
                .ints(100, 12_000, 30_000)
                .filter(base -> Stream.concat(
                                new SuitePorts(base).all(3).values().stream(),
                                Stream.of(new SuitePorts(base).kvIndex(), new SuitePorts(base).kvIndexManagement()))
                        .allMatch(ports::isFree))
                .findFirst()
                .orElseThrow();
    }
}
