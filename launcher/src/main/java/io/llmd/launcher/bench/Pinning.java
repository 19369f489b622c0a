package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Gives the services that are measured one core, and this process, its endpoints and whatever else it starts another one,
 * with {@code taskset}; closing it gives this process its cores back.
 */
final class Pinning implements AutoCloseable {

    private static final String SERVICES = "0";
    private static final String OTHERS = "1";

    private final boolean pinned;
    private final String before;

    private Pinning(boolean pinned, String before) {
        this.pinned = pinned;
        this.before = before;
    }

    /** Everything runs where it may. */
    static Pinning none() {
        return new Pinning(false, "");
    }

    /** Moves this process, with all its threads, off the core of the services; as {@link #none} where that cannot be done. */
    static Pinning start() throws InterruptedException {
        if (Runtime.getRuntime().availableProcessors() < 2) {
            return none();
        }
        String own = Long.toString(ProcessHandle.current().pid());
        try {
            String says = run(List.of("taskset", "-c", "-p", own));
            String before = says.substring(says.lastIndexOf(':') + 1).trim();
            run(List.of("taskset", "-a", "-c", "-p", OTHERS, own));
            return new Pinning(true, before);
        } catch (IOException notHere) {
            return none();
        }
    }

    boolean isPinned() {
        return pinned;
    }

    /** The command of a service that is measured. */
    List<String> service(List<String> command) {
        if (!pinned) {
            return command;
        }
        List<String> placed = new ArrayList<>(List.of("taskset", "-c", SERVICES));
        placed.addAll(command);
        return placed;
    }

    /** Options of its JVM. */
    List<String> options() {
        return pinned ? List.of("-XX:ActiveProcessorCount=1") : List.of();
    }

    @Override
    public void close() throws InterruptedException {
        if (pinned) {
            try {
                run(List.of(
                        "taskset",
                        "-a",
                        "-c",
                        "-p",
                        before,
                        Long.toString(ProcessHandle.current().pid())));
            } catch (IOException e) {
                throw new BenchFailure("this process stays on core " + OTHERS + ": " + e.getMessage());
            }
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String says = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + ": " + says);
        }
        return says;
    }
}
