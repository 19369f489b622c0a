package io.llmd.simulator.server;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.MediaKey;
import io.llmd.simulator.fault.AdminApi;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.handoff.TransferLeg;
import io.llmd.simulator.kvevents.AdapterPaths;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.kvevents.KvEventSettings;
import io.llmd.simulator.kvevents.PublishedCache;
import io.llmd.simulator.metrics.EngineMeters;
import io.llmd.simulator.metrics.MeterPage;
import io.llmd.simulator.metrics.NixlMeters;
import io.llmd.simulator.metrics.PacingMeter;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.output.SequenceEnd;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One endpoint without its sockets: routes, engine, meters and faults. Safe from any event loop. */
final class Endpoint {
    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final @Nullable PublishedCache cache;
    private final RunningEngine engine;
    private final EngineMeters meters;
    private final MeterPage page;
    private final Admission admission;
    private final PacingMeter pacing = new PacingMeter();
    private final MetricsPage metricsPage = new MetricsPage(this::metrics);
    private final FaultSwitch faults;
    private final List<FaultListener> faultListeners;
    private final RequestDispatcher dispatcher;
    private final TransferPorts transfers;
    private final AtomicLong engineIds = new AtomicLong();
    private final AtomicInteger load = new AtomicInteger();

    /** @param faults outlast the endpoint, as {@code admin} does */
    Endpoint(
            SimulatorSettings settings,
            Tokenizer tokenizer,
            SimulatorRuntime runtime,
            Instant start,
            FaultSwitch faults,
            AdminApi admin) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        meters = new EngineMeters(settings, 0, InstantSource.system());
        page = new MeterPage(settings, start, InstantSource.system());
        admission = new Admission(settings.admission());
        cache = published(settings, runtime);
        List<EngineSink> listeners = new ArrayList<>(List.<EngineSink>of(meters, this::hear));
        EngineSettings engineSettings = settings.engine();
        if (cache != null) {
            listeners.add(cache.feed());
            engineSettings = engineSettings.withHasher(cache.hasher());
        }
        engine = new RunningEngine(
                settings.servedModelName(), engineSettings, runtime.driver(), listeners, meters::observe);
        this.faults = faults;
        transfers = openTransfers(runtime);
        dispatcher = new RequestDispatcher(settings, routes(start, admin), faults);
        faultListeners = new ArrayList<>(List.of(new EngineFaults(engine, kvEvents()), metricsPage));
        faultListeners.addAll(transfers.troubles());
        faultListeners.forEach(faults::listen);
    }

    private TransferPorts openTransfers(SimulatorRuntime runtime) {
        try {
            return TransferPorts.open(settings, HandoffPort.engineId(settings.handoff()), 0, runtime, engine);
        } catch (RuntimeException e) {
            engine.closeLater();
            if (cache != null) {
                cache.close();
            }
            throw e;
        }
    }

    private static @Nullable PublishedCache published(SimulatorSettings settings, SimulatorRuntime runtime) {
        KvEventSettings events = settings.kvEvents();
        return events == null
                ? null
                : PublishedCache.open(
                        runtime.kvEvents(),
                        events,
                        settings.blockHashing(),
                        0,
                        settings.engine().blockTokens(),
                        adapterPaths(settings),
                        InstantSource.system(),
                        new SecureRandom());
    }

    private static AdapterPaths adapterPaths(SimulatorSettings settings) {
        Map<String, String> paths = new HashMap<>();
        settings.lora().modules().forEach(module -> paths.put(module.name(), module.path()));
        return adapter -> paths.getOrDefault(adapter, adapter);
    }

    private Routes routes(Instant start, AdminApi admin) {
        return ApiRoutes.of(settings, tokenizer, start, transfers::releasing)
                .get("/health", call -> health())
                .get("/ping", call -> health())
                .post("/ping", call -> health())
                .get("/load", call -> Reply.Content.json(Json.object().put("server_load", load.get())))
                .get("/metrics", call -> metricsPage.reply())
                .get("/admin/config", admin::read)
                .post("/admin/config", admin::change)
                .post("/admin/script", admin::play);
    }

    private void hear(EngineEvent event) {
        transfers.hear(event);
    }

    private Reply health() {
        return Reply.Content.empty(faults.get().dead() ? 503 : 200);
    }

    private String metrics() {
        MeterPage.EngineState state = new MeterPage.EngineState(meters, engine.snapshot(), engine.lagSeconds());
        String more = pacing.scrape() + NixlMeters.scrape(transfers.meters());
        return page.text(List.of(state), admission.rejections(), more);
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

    EngineSnapshot statistics() {
        return engine.snapshot();
    }

    /** Refuses a request if it would be beyond what may be in progress. */
    void admit(Reply.Generate generate) {
        EngineSnapshot now = engine.snapshot();
        admission.check(generate, now.waiting() + now.arriving());
    }

    /** Starts a request's choices; {@code wake} is called from the engine's thread whenever one of them got on. */
    List<Choice> start(Reply.Generate generate, Runnable wake) {
        Sampling sampling = generate.sampling();
        List<Choice> choices = new ArrayList<>(generate.prompts().size() * sampling.n());
        for (RenderedPrompt prompt : generate.prompts()) {
            for (int i = 0; i < sampling.n(); i++) {
                OutputPlan plan = generate.promptOnly()
                        ? OutputPlan.none(tokenizer)
                        : OutputPlan.of(settings, tokenizer, prompt, sampling, i);
                choices.add(new Choice(engineIds.incrementAndGet(), choices.size(), prompt.tokens(), plan, wake));
            }
        }
        admission.begin(choices);
        load.addAndGet(settings.api().loadTracking() ? 1 : 0);
        TransferLeg leg = transfers.leg(generate);
        for (Choice choice : choices) {
            OutputPlan plan = choice.plan();
            List<MediaKey> media = media(generate.prompts().get(choice.index() / sampling.n()));
            engine.submitLater(
                    new EngineRequest(
                            choice.engineId(),
                            choice.prompt(),
                            plan.length(),
                            plan.maxTokens(),
                            plan.reason(),
                            plan.tokens(),
                            0,
                            sampling.cacheSalt(),
                            generate.adapter(),
                            media,
                            leg instanceof TransferLeg.Decode ? choice.prompt().length : 0,
                            leg instanceof TransferLeg.Prefill,
                            generate.transfer().cacheHitThreshold()),
                    transfers.reporting(leg, choice),
                    transfers.admission(choice.engineId(), leg, generate, media));
        }
        return choices;
    }

    /** The body of a complete answer. */
    JsonNode body(Reply.Generate generate, List<Choice> choices) {
        JsonNode body = generate.answer().body(choices);
        if (body instanceof ObjectNode object) {
            transfers.complete(
                    object,
                    generate,
                    choices.subList(0, generate.sampling().n()),
                    media(generate.prompts().getFirst()));
        }
        return body;
    }

    private static List<MediaKey> media(RenderedPrompt prompt) {
        return prompt.media().stream()
                .map(item -> new MediaKey(item.hash(), item.offset(), item.length()))
                .toList();
    }

    /** Gives back what {@link #start} took; aborts what the engine still computes. */
    void end(Reply.Generate generate, List<Choice> choices) {
        int n = generate.sampling().n();
        for (int first = 0; first < choices.size(); first += n) {
            meters.ended(
                    n,
                    choices.subList(first, first + n).stream()
                            .mapToInt(Choice::produced)
                            .max()
                            .orElse(0));
        }
        admission.end(choices);
        load.addAndGet(settings.api().loadTracking() ? -1 : 0);
        for (Choice choice : choices) {
            if (choice.end() == null) {
                engine.abortLater(choice.engineId());
            }
        }
    }

    @Nullable
    KvEventPublisher kvEvents() {
        return cache == null ? null : cache.publisher();
    }

    void close() {
        faultListeners.forEach(faults::forget);
        transfers.close();
        engine.closeLater();
        if (cache != null) {
            cache.close();
        }
    }

    /** Whether an ended sequence did what it was asked to. */
    static boolean isComplete(Choice choice) {
        SequenceEnd end = choice.end();
        return end != null && end.reason() != FinishReason.ABORT;
    }
}
