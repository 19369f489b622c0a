package io.llmd.simulator.server;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.fault.AdminApi;
import io.llmd.simulator.fault.FaultScript;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.fault.ScriptPlayer;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.token.Tokenizer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One endpoint on its port. It may die and start again, by its faults, which last beyond its death as the world around
 * it does: then it listens on the same port with another engine.
 */
public final class HttpServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int MOST_RETRIES = 300;

    private final SimulatorSettings settings;
    private final SimulatorRuntime runtime;
    private final Tokenizer tokenizer;
    private final FaultSwitch faults;
    private final ScriptPlayer script;
    private final AdminApi admin;
    private final int port;
    private EndpointLife life;
    private boolean alive = true;
    private boolean closed;
    private Runnable pendingStart = () -> {};
    private volatile Endpoint endpoint;
    private volatile @Nullable Duration down;

    private HttpServer(SimulatorSettings settings, SimulatorRuntime runtime, FaultScript first) {
        this.settings = settings;
        this.runtime = runtime;
        tokenizer = runtime.tokenizers().get(settings.tokenizer());
        faults = new FaultSwitch(
                settings.seed(), settings.port(), wanted -> wanted.times().on(settings.engine()));
        script = new ScriptPlayer(faults, runtime::after, System::nanoTime);
        admin = new AdminApi(faults, script);
        faults.set(none ->
                Faults.of(settings.faults()).withFakeMetrics(settings.metrics().fake()));
        life = begin(settings.port());
        port = life.port();
        endpoint = life.endpoint();
        faults.listen(this::follow);
        script.play(first);
    }

    /**
     * Starts an endpoint and returns when it accepts connections.
     *
     * @throws UncheckedIOException if the port cannot be bound
     * @throws IllegalArgumentException if the files of a tokenizer are missing or cannot be read, or those of a script
     * @throws IllegalStateException if the native code of a tokenizer does not load
     */
    public static HttpServer start(SimulatorSettings settings, SimulatorRuntime runtime) {
        Path script = settings.faults().script();
        return new HttpServer(settings, runtime, script == null ? FaultScript.EMPTY : FaultScript.read(script));
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** Its settings. */
    public SimulatorSettings settings() {
        return settings;
    }

    /** The state of the engine of the first rank after its last step; any thread. */
    public EngineSnapshot statistics() {
        return endpoint.ranks().first().snapshot();
    }

    /** The state of the engine of each data-parallel rank after its last step; any thread. */
    public List<EngineSnapshot> rankStatistics() {
        return endpoint.ranks().snapshots();
    }

    /** Where each data-parallel rank publishes its KV events; empty if it does not. */
    public List<KvEventPublisher> kvEvents() {
        return endpoint.ranks().kvEvents();
    }

    /** The faults that are set; any thread. */
    public Faults faults() {
        return faults.get();
    }

    /** Changes the faults; any thread. */
    public Faults faults(UnaryOperator<Faults> change) {
        return faults.set(change);
    }

    /** Stops listening and cuts all connections; their requests are aborted. */
    @Override
    public synchronized void close() {
        closed = true;
        script.close();
        pendingStart.run();
        if (alive) {
            alive = false;
            life.close();
        }
    }

    private EndpointLife begin(int atPort) {
        return new EndpointLife(
                new Endpoint(settings, tokenizer, runtime, Instant.now(), faults, admin), runtime, atPort);
    }

    /** Hears of changes in their order; dying and starting block, so that a thread of their own does it. */
    private void follow(Faults changed) {
        Duration next = changed.down();
        Duration before = down;
        down = next;
        if (next != null && !next.equals(before)) {
            runtime.after(0, () -> die(next));
        } else if (next == null && before != null) {
            runtime.after(0, () -> start(MOST_RETRIES));
        }
    }

    private synchronized void die(Duration length) {
        if (closed) {
            return;
        }
        pendingStart.run();
        pendingStart = runtime.after(length.toNanos(), () -> faults.set(old -> old.withDown(null)));
        if (alive) {
            alive = false;
            life.close();
        }
    }

    private synchronized void start(int retries) {
        if (closed || alive) {
            return;
        }
        pendingStart.run();
        try {
            life = begin(port);
            endpoint = life.endpoint();
            alive = true;
        } catch (UncheckedIOException | IllegalArgumentException e) {
            if (retries == 0) {
                log.atError().setCause(e).addKeyValue("endpoint", port).log("endpoint cannot start again");
                return;
            }
            pendingStart = runtime.after(RETRY_NANOS, () -> start(retries - 1));
        }
    }
}
