package io.llmd.scheduler.config;

import io.llmd.scheduler.observe.SchedulerObserver;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.Finding;
import io.llmd.scheduler.plugin.ReloadablePlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of the scheduling configuration. Used by one thread after the start. */
final class PlanFile {

    private static final Logger LOG = LoggerFactory.getLogger(PlanFile.class);
    private static final int MAX_BYTES = 1 << 20;
    private static final String BUILT_IN = "built-in configuration";

    private final @Nullable Path file;
    private final SchedulerObserver observer;
    private final ReloadablePlan plan;
    private String text;
    private String problem = "";

    /** Loads the configuration. @throws ConfigException when it is refused */
    PlanFile(@Nullable Path file, EndpointPickerConfigLoader loader, SchedulerObserver observer) {
        this.file = file;
        this.observer = observer;
        try {
            text = file == null ? "" : read(file);
        } catch (IOException e) {
            throw new ConfigException(List.of(
                    new Finding(Finding.Severity.ERROR, String.valueOf(file), 0, "", String.valueOf(e.getMessage()))));
        }
        plan = new ReloadablePlan(loader, text, file == null ? BUILT_IN : file.toString());
        log(plan.loaded().findings());
        plan.current().describe().forEach(line -> LOG.info("{}", line));
    }

    ReloadablePlan plan() {
        return plan;
    }

    /** Loads the file again when its content is another. A file that cannot be used changes nothing. Never throws. */
    void check() {
        if (file == null) {
            return;
        }
        try {
            String now = read(file);
            if (now.equals(text)) {
                problem = "";
                return;
            }
            text = now;
            List<Finding> findings = plan.replace(now, file.toString());
            log(findings);
            boolean refused = findings.stream().anyMatch(Finding::isError);
            observer.configReloaded(!refused);
            if (refused) {
                LOG.atError().log("changed configuration refused, the previous one stays");
            } else {
                LOG.atInfo().log("changed configuration is in force");
            }
        } catch (IOException | RuntimeException e) {
            String reason = e.getClass().getSimpleName() + ": " + e.getMessage();
            if (!reason.equals(problem)) {
                problem = reason;
                observer.configReloaded(false);
                LOG.atError().addKeyValue("reason", reason).log("configuration unreadable, the previous one stays");
            }
        }
    }

    private static String read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("is not a readable file");
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("is larger than 1 MiB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static void log(List<Finding> findings) {
        for (Finding finding : findings) {
            LOG.atLevel(finding.isError() ? org.slf4j.event.Level.ERROR : org.slf4j.event.Level.WARN)
                    .log(finding.toString());
        }
    }
}
