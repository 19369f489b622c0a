package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What a process holds at one moment, right after a collection.
 *
 * @param heapMebibytes live objects
 * @param directMebibytes direct buffers
 * @param threads live threads
 * @param files open file descriptors
 */
record SoakReading(double heapMebibytes, double directMebibytes, double threads, double files) {

    private static final double MEBIBYTE = 1 << 20;

    /** What the meters of a process say. */
    static SoakReading of(MetersPage meters) {
        return new SoakReading(
                meters.required("jvm_memory_used_bytes", "area=\"heap\"") / MEBIBYTE,
                meters.required("jvm_buffer_memory_used_bytes", "id=\"direct\"") / MEBIBYTE,
                meters.required("jvm_threads_live_threads"),
                meters.required("process_files_open_files"));
    }

    /** Lets a JVM of this user collect its whole heap. */
    static void collect(long pid) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!jcmd.waitFor(60, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
            jcmd.destroyForcibly();
            throw new BenchFailure("jcmd " + pid + " GC.run failed (expected: a JDK, and a process of this user)");
        }
    }
}
