package io.llmd.autoscaler.config;

import io.llmd.autoscaler.loop.FleetLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleConsumer;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** One thread for each loop. A loop that fails goes on, and one that is late does not catch up. */
final class AutoscalerLifecycle implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(AutoscalerLifecycle.class);

    private final AutoscalerProperties properties;
    private final FleetLoop loop;
    private final DoubleSupplier seconds;
    private final List<ScheduledExecutorService> threads = new ArrayList<>();

    AutoscalerLifecycle(AutoscalerProperties properties, FleetLoop loop, DoubleSupplier seconds) {
        this.properties = properties;
        this.loop = loop;
        this.seconds = seconds;
    }

    @Override
    public synchronized void start() {
        boolean hasNothingToDo =
                properties.variants().isEmpty() && !properties.kubernetes().enabled();
        if (isRunning() || hasNothingToDo) {
            return;
        }
        run("main", Duration.ZERO, properties.period(), loop::main);
        run("watch", properties.watchPeriod(), properties.watchPeriod(), loop::fast);
        run("refit", properties.refitPeriod(), properties.refitPeriod(), loop::slow);
        run("save", properties.savePeriod(), properties.savePeriod(), loop::save);
    }

    private void run(String name, Duration delay, Duration period, DoubleConsumer work) {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("autoscaler-" + name).factory());
        threads.add(thread);
        thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.accept(seconds.getAsDouble());
                    } catch (RuntimeException | Error e) {
                        // What escapes here would end the loop in silence, while its last numbers stay published.
                        LOG.atError().addKeyValue("reason", name).setCause(e).log("a loop failed, and goes on");
                    }
                },
                delay.toNanos(),
                period.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    @Override
    public synchronized void stop() {
        if (threads.isEmpty()) {
            return;
        }
        threads.forEach(ScheduledExecutorService::shutdownNow);
        threads.clear();
        loop.save(seconds.getAsDouble());
    }

    @Override
    public synchronized boolean isRunning() {
        return !threads.isEmpty();
    }
}
