package io.llmd.launcher.up;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A simulated endpoint in this process. */
final class EndpointPart implements TrialPart {

    private final String name;
    private final String role;
    private final SimulatorSettings settings;
    private final AtomicReference<@Nullable VllmSimulator> running = new AtomicReference<>();

    EndpointPart(String name, String role, SimulatorSettings settings) {
        this.name = name;
        this.role = role;
        this.settings = settings;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String role() {
        return role;
    }

    @Override
    public String url() {
        return "http://localhost:" + settings.port();
    }

    @Override
    public String health() {
        return "http://127.0.0.1:" + settings.port() + "/health";
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public void begin() {
        running.set(VllmSimulator.start(settings));
    }

    @Override
    public boolean isAlive() {
        return running.get() != null;
    }

    @Override
    public void stop(Duration patience) {
        VllmSimulator simulator = running.getAndSet(null);
        if (simulator != null) {
            simulator.close();
        }
    }
}
