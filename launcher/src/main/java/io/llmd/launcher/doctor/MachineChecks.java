package io.llmd.launcher.doctor;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.Ports;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.home.SuitePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks of the machine. */
final class MachineChecks {

    private static final int JAVA = 25;
    private static final long NEEDED_MEMORY_BYTES = 1536L << 20;
    private static final long WANTED_FILES = 4_096;
    private static final long NEEDED_DISK_BYTES = 256L << 20;
    private static final Instant OLDEST_PLAUSIBLE = Instant.parse("2025-09-01T00:00:00Z");

    private final LlmdHome home;
    private final Ports ports;

    MachineChecks(LlmdHome home, Ports ports) {
        this.home = home;
        this.ports = ports;
    }

    static Finding java(Runtime.Version version) {
        return version.feature() >= JAVA
                ? Finding.ok("Java", version.toString())
                : Finding.broken("Java", version.toString(), "install Temurin 25 or set JAVA_HOME to a JDK 25");
    }

    /** @param totalBytes of the machine or container */
    static Finding memory(long totalBytes) {
        String found = String.format(Locale.ROOT, "%.1f GiB", totalBytes / (double) (1L << 30));
        return totalBytes >= NEEDED_MEMORY_BYTES
                ? Finding.ok("memory", found)
                : Finding.warning("memory", found, "a trial needs 1.5 GiB; start with --pods 1 or give it more");
    }

    /** @param limit open files that this process may have; below 0 when the system does not say */
    static Finding files(long limit) {
        if (limit < 0) {
            return Finding.ok("open files", "no limit known");
        }
        return limit >= WANTED_FILES
                ? Finding.ok("open files", String.valueOf(limit))
                : Finding.warning(
                        "open files", String.valueOf(limit), "raise it with 'ulimit -n 65536' before a load run");
    }

    static Finding clock(Instant now) {
        return now.isAfter(OLDEST_PLAUSIBLE)
                ? Finding.ok("clock", now.toString())
                : Finding.broken("clock", now.toString(), "set the clock; keys and certificates depend on it");
    }

    Finding disk() {
        Path folder = Files.isDirectory(home.state()) ? home.state() : home.root();
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            String found = (free >> 20) + " MiB free in " + folder;
            if (!Files.isWritable(folder)) {
                return Finding.broken("disk", folder + " cannot be written", "make it writable for this user");
            }
            return free >= NEEDED_DISK_BYTES
                    ? Finding.ok("disk", found)
                    : Finding.warning("disk", found, "free some space; logs and the build need 256 MiB");
        } catch (IOException e) {
            return Finding.broken("disk", folder + ": " + e.getMessage(), "check that the folder exists");
        }
    }

    /** One finding per port that something else holds, or one that all are free. */
    List<Finding> ports(SuitePorts wanted, int endpoints, RunStatus status) {
        Set<Long> own = status instanceof RunStatus.Running(RunState state)
                ? state.parts().stream().map(RunState.Part::pid).collect(Collectors.toSet())
                : Set.of();
        List<Finding> findings = new ArrayList<>();
        wanted.all(endpoints).forEach((use, port) -> {
            if (ports.isFree(port)) {
                return;
            }
            OptionalLong owner = ports.owner(port);
            if (owner.isEmpty() || !own.contains(owner.getAsLong())) {
                findings.add(Finding.broken(
                        "port " + port,
                        "wanted by " + use + ", held by " + ports.ownerText(port),
                        "end that process or start with --port-base 18080"));
            }
        });
        return findings.isEmpty() ? List.of(Finding.ok("ports", "free or held by the suite")) : findings;
    }
}
