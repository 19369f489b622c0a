package io.llmd.simulator.server;

import io.llmd.simulator.kvevents.KvEventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The threads that many endpoints share: event loops for sockets, and one that drives the engines. */
public final class SimulatorRuntime implements AutoCloseable {
    private final EventLoopGroup eventLoops;
    private final EngineDriver driver;
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
        driver.close();
        closeKvEvents();
        if (eventLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS)) {
            tokenizers.close();
        }
    }
}
