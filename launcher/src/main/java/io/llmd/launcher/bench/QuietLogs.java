package io.llmd.launcher.bench;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/** Keeps libraries from logging each connection in processes that no Spring application configures. */
final class QuietLogs {

    private QuietLogs() {}

    /** From now on, warnings and errors only. */
    static void warningsOnly() {
        LoggingSystem.get(QuietLogs.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
    }
}
