package io.llmd.scheduler.config;

import io.llmd.scheduler.api.DecisionListener;
import io.llmd.scheduler.outcome.OutcomeLog;
import io.llmd.scheduler.outcome.OutcomeTap;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Starts and stops the log of what became of requests, where one is configured. */
final class OutcomeLifecycle implements SmartLifecycle {

    private final @Nullable OutcomeLog log;
    private volatile boolean running;

    OutcomeLifecycle(@Nullable OutcomeLog log) {
        this.log = log;
    }

    /** A listener, and beside it the log where there is one. */
    DecisionListener beside(DecisionListener listener, LongSupplier nanoClock) {
        return log == null ? listener : new OutcomeTap(listener, log, nanoClock, InstantSource.system());
    }

    @Override
    public void start() {
        if (log != null) {
            log.start();
            running = true;
        }
    }

    @Override
    public void stop() {
        if (log != null) {
            log.stop();
        }
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Starts with what runs beside requests, and stops after the web server has closed its port. */
    @Override
    public int getPhase() {
        return BackgroundWork.BEFORE_WEB_SERVER;
    }
}
