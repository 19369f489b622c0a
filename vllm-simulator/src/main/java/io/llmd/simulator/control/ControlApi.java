package io.llmd.simulator.control;

import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.VersionPreset;
import io.llmd.simulator.metrics.SleepMeters;

/** The routes for those who operate an endpoint, as far as the version has them. */
public final class ControlApi {
    private final VersionPreset version;
    private final boolean development;
    private final SleepApi sleep;
    private final PauseApi pause;
    private final CacheApi caches;
    private final ServerApi server;

    public ControlApi(SimulatorSettings settings, Engines engines, SleepMeters meters) {
        version = settings.preset();
        development = settings.control().developmentMode();
        sleep = new SleepApi(engines, meters, version.tellsOfSleep());
        pause = new PauseApi(engines);
        caches = new CacheApi(engines, version.tellsOfResets());
        server = new ServerApi(settings);
    }

    /** Adds the routes. */
    public void addTo(Routes routes) {
        post(routes, "/inference/v1/abort_requests", pause::abortGiven);
        if (development) {
            addDevelopment(routes);
        }
    }

    private void addDevelopment(Routes routes) {
        post(routes, "/sleep", sleep::sleep);
        post(routes, "/wake_up", sleep::wake);
        post(routes, "/release_kv_cache_memory", sleep::releaseCache);
        get(routes, "/is_sleeping", sleep::isSleeping);
        post(routes, "/pause", pause::pause);
        post(routes, "/resume", pause::resume);
        get(routes, "/is_paused", pause::isPaused);
        post(routes, "/abort_requests", pause::abort);
        post(routes, "/reset_prefix_cache", caches::resetPrefixes);
        post(routes, "/reset_mm_cache", caches::resetEncoder);
        post(routes, "/reset_encoder_cache", caches::resetEncoder);
        get(routes, "/server_info", server::information);
        get(routes, "/get_world_size", server::worldSize);
        get(routes, "/weight_info", server::weights);
        post(routes, "/collective_rpc", server::call);
    }

    private void get(Routes routes, String path, Routes.Handler handler) {
        if (version.hasRoute(path)) {
            routes.get(path, handler);
        }
    }

    private void post(Routes routes, String path, Routes.Handler handler) {
        if (version.hasRoute(path)) {
            routes.post(path, handler);
        }
    }
}
