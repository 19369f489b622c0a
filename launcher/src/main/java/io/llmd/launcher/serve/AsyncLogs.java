package io.llmd.launcher.serve;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Lets lines of logs wait for a disk or a console that is slow, instead of the threads that log: up to 8,192 lines, and as
 * many again that the writing thread has already taken. When four
 * fifths of the places are taken, lines below WARN are dropped; when all are, whatever comes is. No thread ever waits.
 */
final class AsyncLogs {

    private static final String NAME = "llmd-async";
    private static final int LINES = 8_192;

    private AsyncLogs() {}

    /** Puts itself before all that the root logger writes to. Spring sets logging up with each context; this is for each. */
    static void attach() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            attach(context.getLogger(Logger.ROOT_LOGGER_NAME));
        }
    }

    static void attach(Logger root) {
        List<Appender<ILoggingEvent>> writers = new ArrayList<>();
        for (Iterator<Appender<ILoggingEvent>> all = root.iteratorForAppenders(); all.hasNext(); ) {
            Appender<ILoggingEvent> writer = all.next();
            if (!(writer instanceof AsyncAppender)) {
                writers.add(writer);
            }
        }
        for (Appender<ILoggingEvent> writer : writers) {
            AsyncAppender queue = new AsyncAppender();
            queue.setContext(root.getLoggerContext());
            queue.setName(NAME + "-" + writer.getName());
            queue.setQueueSize(LINES);
            queue.setDiscardingThreshold(LINES / 5);
            queue.setNeverBlock(true);
            root.detachAppender(writer);
            queue.addAppender(writer);
            queue.start();
            root.addAppender(queue);
        }
    }

    /** Writes what waits, for a second at most; the last thing that a process does. */
    static void flush() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
            root.iteratorForAppenders().forEachRemaining(appender -> {
                if (appender instanceof AsyncAppender) {
                    appender.stop();
                }
            });
        }
    }
}
