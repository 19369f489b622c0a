package io.llmd.launcher.up;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.FileAppender;
import io.llmd.launcher.home.LlmdHome;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Log files of the parts when all run in one JVM. A line goes to the part whose package logged it, else to the part that
 * is starting, else to {@code suite}. Nothing goes to the terminal. Thread-safe.
 */
final class PartLogs extends AppenderBase<ILoggingEvent> {

    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{36}: %msg %kvp%n";
    private static final Map<String, String> PACKAGES = Map.of(
            "io.llmd.autoscaler.", "autoscaler",
            "io.llmd.configserver.", "config-server",
            "io.llmd.kvindex.", "kv-index",
            "io.llmd.scheduler.", "scheduler",
            "io.llmd.gateway.", "gateway",
            "io.llmd.simulator.", "sim");

    private final LlmdHome home;
    private final Map<String, FileAppender<ILoggingEvent>> files = new ConcurrentHashMap<>();
    private volatile String starting = "suite";

    PartLogs(LlmdHome home) {
        this.home = home;
        setName("llmd-parts");
    }

    /** From now on, lines of shared libraries belong to this part. */
    void starting(String part) {
        starting = part;
    }

    /** Takes over all logging. Spring sets logging up anew with the first context; so this is called for each. */
    void attach() {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        if (root.getAppender(getName()) == this) {
            return;
        }
        root.detachAndStopAllAppenders();
        setContext(context);
        start();
        root.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        files.computeIfAbsent(partOf(event.getLoggerName()), this::open).doAppend(event);
    }

    private String partOf(String logger) {
        return PACKAGES.entrySet().stream()
                .filter(entry -> logger.startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(starting);
    }

    private FileAppender<ILoggingEvent> open(String part) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(getContext());
        encoder.setPattern(PATTERN);
        encoder.start();
        FileAppender<ILoggingEvent> file = new FileAppender<>();
        file.setContext(getContext());
        file.setFile(home.log(part).toString());
        file.setAppend(false);
        file.setEncoder(encoder);
        file.start();
        return file;
    }
}
