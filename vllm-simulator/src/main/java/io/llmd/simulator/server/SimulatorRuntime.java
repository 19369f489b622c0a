package io.llmd.simulator.server;

import io.llmd.simulator.kvevents.KvEventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads that many endpoints share: event loops for sockets, and one that drives the engines. */
public final class SimulatorRuntime implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SimulatorRuntime.class);

    private final EventLoopGroup eventLoops;
    private final EngineDriver driver;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("sim-faults").daemon().factory());
    private @Nullable KvEventLoop kvEvents;
    private final Tokenizers tokenizers = new Tokenizers();

    /** @param eventLoopThreads at least 1 */
    public SimulatorRuntime(int eventLoopThreads) {
        if (eventLoopThreads < 1) {
            throw new IllegalArgumentException("eventLoopThreads: " + eventLoopThreads + " (expected: >= 1)");
        }
        eventLoops = new MultiThreadIoEventLoopGroup(
                eventLoopThreads, new DefaultThreadFactory("sim-http", true), NioIoHandler.newFactory());
        driver = new EngineDriver();
        timer.setRemoveOnCancelPolicy(true);
    }

    /** With as many event loops as processors. */
    public SimulatorRuntime() {
        this(Math.max(1, Runtime.getRuntime().availableProcessors()));
    }

    EventLoopGroup eventLoops() {
        return eventLoops;
    }

    EngineDriver driver() {
        return driver;
    }

    /**
     * Does something later that may block for a moment, one after the other.
     *
     * @return what cancels it, if it has not begun
     */
    Runnable after(long nanos, Runnable action) {
        try {
            Future<?> planned = timer.schedule(guarded(action), nanos, TimeUnit.NANOSECONDS);
            return () -> planned.cancel(false);
        } catch (RejectedExecutionException e) {
            return () -> {}; // the threads have ended, and with them all endpoints
        }
    }

    private static Runnable guarded(Runnable action) {
        return () -> {
            try {
                action.run();
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("fault by the clock failed");
            }
        };
    }

    /** The threads that publish KV events; started by the first endpoint that has any. */
    synchronized KvEventLoop kvEvents() {
        KvEventLoop loop = kvEvents;
        if (loop == null) {
            loop = KvEventLoop.start();
            kvEvents = loop;
        }
        return loop;
    }

    private synchronized void closeKvEvents() {
        if (kvEvents != null) {
            kvEvents.close();
        }
    }

    Tokenizers tokenizers() {
        return tokenizers;
    }

    /** Stops the threads, the engines' first because it hands work to the others; endpoints have been closed before. */
    @Override
    public void close() {
        timer.shutdownNow();
        driver.close();
        closeKvEvents();
        if (eventLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS)) {
            tokenizers.close();
        }
    }
}
