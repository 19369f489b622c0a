package io.llmd.simulator;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.server.HttpServer;
import io.llmd.simulator.server.SimulatorRuntime;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A running simulated endpoint. All methods are safe from any thread; {@link #close} stops the endpoint and is
 * idempotent.
 */
public final class VllmSimulator implements AutoCloseable {
    private final HttpServer server;
    private final Runnable release;
    private boolean closed;

    private VllmSimulator(HttpServer server, Runnable release) {
        this.server = server;
        this.release = release;
    }

    /**
     * Starts an endpoint on threads that all endpoints started this way share, and returns when it accepts connections.
     *
     * @throws java.io.UncheckedIOException if the port cannot be bound
     */
    public static VllmSimulator start(SimulatorSettings settings) {
        SimulatorRuntime runtime = SharedRuntime.acquire();
        try {
            return new VllmSimulator(HttpServer.start(settings, runtime), SharedRuntime::release);
        } catch (RuntimeException e) {
            SharedRuntime.release();
            throw e;
        }
    }

    /** Starts an endpoint on threads of the caller's, who closes them after the endpoint. */
    public static VllmSimulator start(SimulatorSettings settings, SimulatorRuntime runtime) {
        return new VllmSimulator(HttpServer.start(settings, runtime), () -> {});
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** The settings it was started with. */
    public SimulatorSettings settings() {
        return server.settings();
    }

    /** Address of the endpoint, without a slash at the end. */
    public String baseUrl() {
        String host = settings().host();
        String reachable = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
        return "http://" + (reachable.indexOf(':') >= 0 ? "[" + reachable + "]" : reachable) + ":" + port();
    }

    /** The state of the engine after its last step; of the first one if there are several. */
    public EngineSnapshot statistics() {
        return server.statistics();
    }

    /** The state of the engine of each data-parallel rank after its last step. */
    public List<EngineSnapshot> rankStatistics() {
        return server.rankStatistics();
    }

    /** Where it publishes KV events, with its first engine if there are several; null if it does not. */
    public @Nullable KvEventPublisher kvEvents() {
        List<KvEventPublisher> publishers = server.kvEvents();
        return publishers.isEmpty() ? null : publishers.getFirst();
    }

    /** Where each data-parallel rank publishes KV events; empty if it does not. */
    public List<KvEventPublisher> rankKvEvents() {
        return server.kvEvents();
    }

    /** The faults that are set. */
    public Faults faults() {
        return server.faults();
    }

    /** Changes the faults, as {@code POST /admin/config} does; returns the new ones. */
    public Faults faults(UnaryOperator<Faults> change) {
        return server.faults(change);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            server.close();
            release.run();
        }
    }
}
