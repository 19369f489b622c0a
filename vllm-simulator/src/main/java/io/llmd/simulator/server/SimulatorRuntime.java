package io.llmd.simulator.server;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/** The threads that many endpoints share: event loops for sockets, and one that drives the engines. */
public final class SimulatorRuntime implements AutoCloseable {
    private final EventLoopGroup eventLoops;
    private final EngineDriver driver;
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

    Tokenizers tokenizers() {
        return tokenizers;
    }

    /** Stops the threads, the engines' first because it hands work to the others; endpoints have been closed before. */
    @Override
    public void close() {
        driver.close();
        if (eventLoops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS)) {
            tokenizers.close();
        }
    }
}
