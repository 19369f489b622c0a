package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Memory of a process as Linux accounts for it, from {@code /proc/PID/status}.
 *
 * @param residentMebibytes all its pages in memory
 * @param ownMebibytes those of them that no file holds: heap, metaspace, code, buffers, stacks
 */
record ProcessMemory(double residentMebibytes, double ownMebibytes) {

    private static final double KIBIBYTES = 1024;

    /** Reads it now. */
    static ProcessMemory of(long pid) throws IOException {
        return parse(Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")));
    }

    /** @throws IllegalArgumentException without the lines that it needs */
    static ProcessMemory parse(List<String> status) {
        return new ProcessMemory(kibibytes(status, "VmRSS:") / KIBIBYTES, kibibytes(status, "RssAnon:") / KIBIBYTES);
    }

    private static double kibibytes(List<String> status, String name) {
        return status.stream()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(
                        line.substring(name.length()).replace("kB", "").trim()))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("status: no " + name + " (expected: /proc/PID/status)"));
    }
}
