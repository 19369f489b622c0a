package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.terminal.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@EnabledOnOs(value = OS.LINUX, disabledReason = "CPU time and memory of other processes are read from /proc")
class BarsBenchCommandTest {

    /** What a figure does instead of its lines. */
    @FunctionalInterface
    private interface Failing {
        void fail() throws IOException, InterruptedException;
    }

    private record Scripted(String id, Failing failing) implements BarFigure {

        @Override
        public String title() {
            return "scripted";
        }

        @Override
        public boolean isPinned() {
            return false;
        }

        @Override
        public List<GoalLine> take(BarRun run) throws IOException, InterruptedException {
            failing.fail();
            return List.of(run.atMost(id, "value", List.of(1.0), "ms", 2));
        }
    }

    private static final Failing NOTHING = () -> {};

    @TempDir
    Path logs;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aFigureThatFailsCostsNoOther() {
        int status = run(
                new Scripted("A", NOTHING),
                new Scripted("B", () -> {
                    throw new UncheckedIOException(new IOException("connection refused"));
                }),
                new Scripted("C", () -> {
                    throw new IOException("reset");
                }),
                new Scripted("D", () -> {
                    throw new IllegalStateException("closed");
                }),
                new Scripted("E", () -> {
                    throw new BenchFailure("not ready");
                }),
                new Scripted("F", NOTHING));

        assertThat(status).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString()).contains("A.value", "F.value").doesNotContain("B.value");
        assertThat(err.toString())
                .contains("llmd: B: ", "connection refused", "llmd: C: ", "llmd: D: ", "llmd: E: not ready");
    }

    @Test
    void whatWasTakenIsPrintedWhenInterrupted() {
        run(new Scripted("A", NOTHING), new Scripted("B", () -> {
            throw new InterruptedException();
        }));

        assertThat(out.toString()).contains("A.value");
    }

    private int run(BarFigure... figures) {
        List<BarFigure> all = List.of(figures);
        return new CommandLine(new BarsBenchCommand(all))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(
                        "--figures="
                                + String.join(
                                        ",", all.stream().map(BarFigure::id).toList()),
                        "--rounds=1",
                        "--logs=" + logs);
    }
}
