package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.control.ControlApi;
import io.llmd.simulator.fault.AdminApi;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.metrics.HttpMeters;
import io.llmd.simulator.metrics.MeterPage;
import io.llmd.simulator.metrics.PacingMeter;
import io.llmd.simulator.openai.LoraAdapters;
import io.llmd.simulator.openai.LoraApi;
import io.llmd.simulator.token.Tokenizer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** One endpoint without its sockets: routes, engines, meters and faults. Safe from any event loop. */
final class Endpoint {
    private static final String RANK_HEADER = "X-data-parallel-rank";

    private final SimulatorSettings settings;
    private final EngineRanks ranks;
    private final EngineWorks works;
    private final WorkTraces traces;
    private final MeterPage page;
    private final PacingMeter pacing = new PacingMeter();
    private final MetricsPage metricsPage;
    private final FaultSwitch faults;
    private final RequestDispatcher dispatcher;
    private final long readyNanos;

    /** @param faults outlast the endpoint, as {@code admin} does */
    Endpoint(
            SimulatorSettings settings,
            Tokenizer tokenizer,
            SimulatorRuntime runtime,
            Instant start,
            FaultSwitch faults,
            AdminApi admin) {
        this.settings = settings;
        this.faults = faults;
        traces = WorkTraces.to(settings.api().tracesEndpoint());
        readyNanos = System.nanoTime() + settings.control().startup().toNanos();
        LoraAdapters adapters = new LoraAdapters(settings.lora().modules());
        ranks = EngineRanks.start(settings, runtime, adapters::path, faults);
        try {
            works = new EngineWorks(settings, tokenizer, adapters, ranks);
            page = new MeterPage(settings, start, InstantSource.system());
            metricsPage = new MetricsPage(page, this::metrics);
            RankControl control = new RankControl(ranks, works);
            adapters.all().forEach(adapter -> control.keep(adapter.name()));
            Routes routes = ApiRoutes.of(
                    settings, tokenizer, adapters, start, ranks.first().transfers()::releasing);
            addOwn(routes, admin);
            addAdapters(routes, new LoraApi(settings, adapters, control));
            new ControlApi(settings, control, page.sleep()).addTo(routes);
            dispatcher = new RequestDispatcher(settings, routes, faults);
            faults.listen(metricsPage);
        } catch (RuntimeException e) {
            traces.close();
            ranks.close();
            throw e;
        }
    }

    private void addOwn(Routes routes, AdminApi admin) {
        routes.get("/health", call -> health(true))
                .get("/health/ready", call -> health(isReady()))
                .get("/ping", call -> health(true))
                .post("/ping", call -> health(true))
                .get("/load", call -> Reply.Content.json(Json.object().put("server_load", load())))
                .get("/metrics", call -> metricsPage.reply())
                .get("/admin/config", admin::read)
                .post("/admin/config", admin::change)
                .post("/admin/script", admin::play);
        if (settings.preset().hasRoute("/kv_event_sources")) {
            routes.get("/kv_event_sources", call -> Reply.Content.json(KvEventSources.of(settings)));
        }
    }

    private void addAdapters(Routes routes, LoraApi api) {
        if (settings.lora().runtimeUpdating()) {
            routes.post("/v1/load_lora_adapter", api::load).post("/v1/unload_lora_adapter", api::unload);
        }
    }

    private boolean isReady() {
        return System.nanoTime() - readyNanos >= 0;
    }

    private Reply health(boolean good) {
        return Reply.Content.empty(faults.get().dead() || ranks.haveEnded() || !good ? 503 : 200);
    }

    private int load() {
        return settings.api().loadTracking() ? works.size() : 0;
    }

    private String metrics() {
        return page.text(ranks.states(), works.rejections(), pacing.scrape() + ranks.nixlMeters());
    }

    SimulatorSettings settings() {
        return settings;
    }

    RequestDispatcher dispatcher() {
        return dispatcher;
    }

    PacingMeter pacing() {
        return pacing;
    }

    HttpMeters http() {
        return page.http();
    }

    EngineRanks ranks() {
        return ranks;
    }

    /**
     * Lets a request in.
     *
     * @param headers that it came with; one may name the rank
     * @param faults that it meets
     * @throws ApiException if it is not let in
     */
    EngineWork admit(Reply.Generate generate, Call.Headers headers, RequestFaults faults) {
        WorkTrace trace = traces.begin(generate, headers);
        try {
            return works.admit(generate, headers.get(RANK_HEADER), faults, trace);
        } catch (ApiException e) {
            trace.ended(List.of());
            throw e;
        }
    }

    void close() {
        faults.forget(metricsPage);
        ranks.close();
        traces.close();
    }
}
