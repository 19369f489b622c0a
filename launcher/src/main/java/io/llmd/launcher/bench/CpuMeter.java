package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Reads CPU time, user and system, from Linux' process file system. Stateless apart from the length of a clock tick;
 * safe from any thread.
 */
final class CpuMeter {

    private static final int AUXV_CLOCK_TICKS = 17;
    private static final int UTIME = 11;
    private static final int STIME = 12;
    private static final int IDLE = 3;
    private static final int IO_WAIT = 4;
    private static final int STEAL = 7;

    private final Path proc;
    private final long nanosPerTick;

    private CpuMeter(Path proc, long ticksPerSecond) {
        this.proc = proc;
        this.nanosPerTick = 1_000_000_000L / ticksPerSecond;
    }

    /** Whether this machine has what the meter reads. */
    static boolean isSupported() {
        return Files.isReadable(Path.of("/proc/stat")) && Files.isReadable(Path.of("/proc/self/stat"));
    }

    static CpuMeter system() throws IOException {
        Path proc = Path.of("/proc");
        return new CpuMeter(proc, ticksPerSecond(Files.readAllBytes(proc.resolve("self/auxv"))));
    }

    /** Meter over a folder laid out like {@code /proc}. */
    static CpuMeter of(Path proc, long ticksPerSecond) {
        return new CpuMeter(proc, ticksPerSecond);
    }

    /** CPU time so far of the process and of all its live descendants. */
    long treeNanos(ProcessHandle root) throws IOException {
        long sum = processNanos(root.pid());
        try (Stream<ProcessHandle> descendants = root.descendants()) {
            for (ProcessHandle descendant : descendants.toList()) {
                sum += processNanos(descendant.pid());
            }
        }
        return sum;
    }

    /** CPU time so far of one process; 0 for one that has ended. */
    long processNanos(long pid) throws IOException {
        try {
            return parseProcessTicks(
                            Files.readString(proc.resolve(Long.toString(pid)).resolve("stat")))
                    * nanosPerTick;
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }

    /** CPU time so far of everything on this machine, what the hypervisor took away included. */
    long machineNanos() throws IOException {
        try (Stream<String> lines = Files.lines(proc.resolve("stat"), StandardCharsets.ISO_8859_1)) {
            return parseMachineTicks(lines.findFirst().orElse("")) * nanosPerTick;
        }
    }

    /**
     * User and system ticks of a line of {@code /proc/PID/stat}.
     *
     * @throws IllegalArgumentException on any other line
     */
    static long parseProcessTicks(String stat) {
        // The command name may hold spaces and parentheses, so fields count from the last one.
        int name = stat.lastIndexOf(')');
        String[] fields =
                name < 0 ? new String[0] : stat.substring(name + 1).trim().split(" ");
        if (fields.length <= STIME) {
            throw new IllegalArgumentException("process statistics: '" + stat + "' (expected: /proc/PID/stat)");
        }
        return Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
    }

    /**
     * Ticks that were neither idle nor waiting for a disk, of the first line of {@code /proc/stat}. Guest time is left
     * out, for user time holds it already.
     */
    static long parseMachineTicks(String line) {
        String[] fields = line.trim().split(" +");
        if (fields.length <= STEAL + 1 || !fields[0].equals("cpu")) {
            throw new IllegalArgumentException("machine statistics: '" + line + "' (expected: cpu N N N ...)");
        }
        long ticks = 0;
        for (int i = 0; i <= STEAL; i++) {
            if (i != IDLE && i != IO_WAIT) {
                ticks += Long.parseLong(fields[i + 1]);
            }
        }
        return ticks;
    }

    /** Ticks in a second, from a process's auxiliary vector; 100, which Linux reports everywhere today, without one. */
    static long ticksPerSecond(byte[] auxiliaryVector) {
        ByteBuffer entries = ByteBuffer.wrap(auxiliaryVector).order(ByteOrder.nativeOrder());
        while (entries.remaining() >= 2 * Long.BYTES) {
            long type = entries.getLong();
            long value = entries.getLong();
            if (type == AUXV_CLOCK_TICKS && value > 0) {
                return value;
            }
        }
        return 100;
    }
}
