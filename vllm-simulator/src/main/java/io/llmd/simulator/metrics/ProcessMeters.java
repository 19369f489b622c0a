package io.llmd.simulator.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.util.Map;

/** The meters of a process under the names of Python's client. The process has all endpoints that run in it. */
final class ProcessMeters {
    private static final Labels NO_LABELS = Labels.of(Map.of());
    private static final OperatingSystemMXBean SYSTEM = ManagementFactory.getOperatingSystemMXBean();
    private static final double NANOS = 1e9;

    private ProcessMeters() {}

    /** @param startSeconds when the endpoint started, which is what tells a restart */
    static void write(Exposition out, double startSeconds) {
        if (SYSTEM instanceof UnixOperatingSystemMXBean unix) {
            out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")
                    .value(NO_LABELS, unix.getCommittedVirtualMemorySize());
        }
        out.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
                .value(NO_LABELS, startSeconds);
        if (SYSTEM instanceof UnixOperatingSystemMXBean unix) {
            out.counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.")
                    .value(NO_LABELS, unix.getProcessCpuTime() / NANOS);
            out.gauge("process_open_fds", "Number of open file descriptors.")
                    .value(NO_LABELS, unix.getOpenFileDescriptorCount());
            out.gauge("process_max_fds", "Maximum number of open file descriptors.")
                    .value(NO_LABELS, unix.getMaxFileDescriptorCount());
        }
    }
}
