package io.llmd.launcher.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AsyncLogsTest {

    private final LoggerContext context = new LoggerContext();
    private final Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    private final CountDownLatch isBlocked = new CountDownLatch(1);
    private final CountDownLatch unblock = new CountDownLatch(1);
    private final List<ILoggingEvent> written = new CopyOnWriteArrayList<>();

    @BeforeEach
    void blockedConsole() {
        context.setMDCAdapter(new LogbackMDCAdapter());
        AppenderBase<ILoggingEvent> console = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                isBlocked.countDown();
                try {
                    unblock.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                written.add(event);
            }
        };
        console.setContext(context);
        console.setName("console");
        console.start();
        root.addAppender(console);
        AsyncLogs.attach(root);
    }

    @AfterEach
    void stop() {
        unblock.countDown();
        context.stop();
    }

    @Test
    @Tag("fault-F68")
    void whoLogsDoesNotWaitForABlockedConsoleAndWarningsAreKept() throws Exception {
        root.info("first");
        assertThat(isBlocked.await(30, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 100_000; i++) {
            root.info("line {}", i);
        }
        root.warn("important");
        assertThat(written).isEmpty();

        unblock.countDown();

        await("written").until(() -> written.stream().anyMatch(line -> line.getLevel() == Level.WARN));
        assertThat(written).hasSizeBetween(6_000, 8_192);
    }

    @Test
    void attachingAgainChangesNothing() {
        AsyncLogs.attach(root);
        AsyncLogs.attach(root);
        unblock.countDown();

        root.info("once");

        await("written").until(() -> !written.isEmpty());
        assertThat(written).hasSize(1);
    }
}
