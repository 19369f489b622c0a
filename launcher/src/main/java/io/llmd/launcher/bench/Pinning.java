package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Gives the services that are measured one core, and this process, its endpoints and whatever else it starts another one,
 * with {@code taskset}: the first two of those that this process may use. Closing it gives this process its cores back.
 */
final class Pinning implements AutoCloseable {

    /** Threads that end meanwhile make {@code taskset -a} fail half-way. */
    private static final int TRIES = 3;

    private final String before;
    private final List<Integer> cores;
    private final Consumer<String> progress;

    /**
     * @param before cores that this process may use otherwise
     * @param cores of the services and of everything else; none where nothing is pinned
     */
    private Pinning(String before, List<Integer> cores, Consumer<String> progress) {
        this.before = before;
        this.cores = cores;
        this.progress = progress;
    }

    /** Everything runs where it may. */
    static Pinning none() {
        return new Pinning("", List.of(), line -> {});
    }

    /**
     * Moves this process, with all its threads, off the core of the services; as {@link #none} where that cannot be done.
     *
     * @param progress takes a line for people where cores cannot be given back
     */
    static Pinning start(Consumer<String> progress) throws InterruptedException {
        try {
            String says = run(List.of("taskset", "-c", "-p", own()));
            String before = says.substring(says.lastIndexOf(':') + 1).trim();
            List<Integer> usable = cores(before);
            return usable.size() < 2 ? none() : start(before, usable.subList(0, 2), progress);
        } catch (IOException notHere) {
            return none();
        }
    }

    private static Pinning start(String before, List<Integer> cores, Consumer<String> progress)
            throws InterruptedException {
        Pinning pinning = new Pinning(before, cores, progress);
        try {
            place(Integer.toString(cores.getLast()));
            return pinning;
        } catch (IOException halfWay) {
            pinning.close();
            return none();
        }
    }

    /** Of a list such as {@code 0-3,8}. @throws IOException if it is none */
    static List<Integer> cores(String list) throws IOException {
        List<Integer> cores = new ArrayList<>();
        try {
            for (String range : list.split(",")) {
                String[] ends = range.split("-");
                for (int core = Integer.parseInt(ends[0]); core <= Integer.parseInt(ends[ends.length - 1]); core++) {
                    cores.add(core);
                }
            }
        } catch (NumberFormatException e) {
            throw new IOException("cores: " + list + " (expected: such as 0-3,8)", e);
        }
        return cores;
    }

    boolean isPinned() {
        return !cores.isEmpty();
    }

    /** Where what runs, in a few words. */
    String says() {
        return isPinned()
                ? "services on core " + cores.getFirst() + ", all else on core " + cores.getLast()
                : "services not on a core of their own: no taskset, or fewer than two cores";
    }

    /** The command of a service that is measured. */
    List<String> service(List<String> command) {
        if (!isPinned()) {
            return command;
        }
        List<String> placed = new ArrayList<>(List.of("taskset", "-c", Integer.toString(cores.getFirst())));
        placed.addAll(command);
        return placed;
    }

    /** Options of its JVM. */
    List<String> options() {
        return isPinned() ? List.of("-XX:ActiveProcessorCount=1") : List.of();
    }

    /** Where it fails, what is measured stays as it is, and people are told. */
    @Override
    public void close() throws InterruptedException {
        if (isPinned()) {
            try {
                place(before);
            } catch (IOException e) {
                progress.accept("this process does not have cores " + before + " back: " + e.getMessage());
            }
        }
    }

    private static void place(String cores) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                run(List.of("taskset", "-a", "-c", "-p", cores, own()));
                return;
            } catch (IOException e) {
                if (attempt == TRIES) {
                    throw e;
                }
            }
        }
    }

    private static String own() {
        return Long.toString(ProcessHandle.current().pid());
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String says = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + ": " + says.strip());
        }
        return says;
    }
}
