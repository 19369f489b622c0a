package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatorMainIT {

    @Test
    void takenPortIsToldInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process process = start("--host", "127.0.0.1", "--port", Integer.toString(taken.getLocalPort()));
            assertThat(told(process)).isEqualTo("cannot listen on 127.0.0.1:" + taken.getLocalPort());
            assertThat(process.exitValue()).isEqualTo(1);
        }
    }

    @Test
    void optionThatThereIsNotIsUsage() throws Exception {
        Process process = start("--no-such-option");
        assertThat(told(process)).contains("no-such-option").doesNotContain("\tat ");
        assertThat(process.exitValue()).isEqualTo(2);
    }

    private static Process start(String... options) throws IOException {
        List<String> command = Stream.concat(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                SimulatorMain.class.getName()),
                        Stream.of(options))
                .toList();
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** What a process says on its error stream until it ends. */
    private static String told(Process process) throws IOException, InterruptedException {
        try {
            String told = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return told.lines()
                    .filter(line -> !line.startsWith("WARNING: ") && !line.startsWith("SLF4J"))
                    .reduce((one, other) -> one + "\n" + other)
                    .orElse("");
        } finally {
            process.destroyForcibly();
        }
    }
}
