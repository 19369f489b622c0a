package io.llmd.scheduler.config;

import io.llmd.scheduler.api.extproc.ExtProcServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/** Starts the door for proxies last, and stops it when no request waits any more and before anything that decides goes. */
final class ExtProcLifecycle implements SmartLifecycle {

    private final ExtProcServer server;
    private final Duration patience;
    private volatile boolean isRunning;

    ExtProcLifecycle(ExtProcServer server, Duration patience) {
        this.server = server;
        this.patience = patience;
    }

    @Override
    public void start() {
        try {
            server.start();
            isRunning = true;
        } catch (IOException e) {
            throw new UncheckedIOException("the door for proxies does not open: " + e.getMessage(), e);
        }
    }

    @Override
    public void stop() {
        isRunning = false;
        server.stop(patience);
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 1;
    }
}
