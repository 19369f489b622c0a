package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.openai.ModelInfo;
import io.llmd.openai.ModelList;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of the pool, asked of every endpoint at an interval, and of a new endpoint at once.
 *
 * <p>What an endpoint said last counts until it says something else or leaves the pool. A model that some endpoint once
 * served stays known, so that its absence is "no endpoints" and not "no such model". Look-ups are safe from any thread;
 * the state behind them belongs to one event loop.
 */
public final class ModelCatalog {

    private static final Logger log = LoggerFactory.getLogger(ModelCatalog.class);
    private static final HttpHeaders HEADERS = new DefaultHttpHeaders().add("accept", "application/json");
    private static final int MAX_BYTES = 1 << 20;
    /** Bound on remembered names, so that an endpoint that invents models cannot fill the memory. */
    private static final int MAX_REMEMBERED = 10_000;

    private final ControlCalls calls;
    private final EndpointDirectory directory;
    private final Duration interval;
    private final Set<String> declared;
    private final Map<String, List<ModelInfo>> answers = new HashMap<>();
    private final Set<String> asked = new HashSet<>();
    private volatile ModelList models = ModelList.EMPTY;
    private volatile Set<String> remembered = Set.of();
    private volatile boolean stopped;

    /**
     * @param transport event loop that asks
     * @param interval between two questions to one endpoint
     * @param declared names that requests may use although no endpoint lists them, because the scheduler rewrites them
     */
    public ModelCatalog(
            UpstreamClient client,
            Transport transport,
            EndpointDirectory directory,
            Duration interval,
            Set<String> declared) {
        this.calls = new ControlCalls(client, transport);
        this.directory = directory;
        this.interval = interval;
        this.declared = Set.copyOf(declared);
        directory.onChange(endpoints -> transport.loop().execute(() -> endpointsChanged(endpoints)));
    }

    /** Begins to ask. */
    public void start() {
        calls.transport().loop().scheduleWithFixedDelay(this::askAll, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Asks no more. */
    public void stop() {
        stopped = true;
    }

    /** The models that endpoints serve now. */
    public ModelList models() {
        return models;
    }

    /** Whether a request may name the model: it is served, was served before, or is declared. */
    public boolean knows(String model) {
        return remembered.contains(model) || declared.contains(model);
    }

    /** Whether no endpoint has ever named a model, so that nothing can be said about names. */
    public boolean isEmpty() {
        return remembered.isEmpty() && declared.isEmpty();
    }

    /** Tokens of prompt and output that a model takes; 0 when unknown. */
    public int contextTokens(String model) {
        ModelInfo info = models.find(model);
        return info == null ? 0 : info.maxModelLen();
    }

    private void endpointsChanged(List<TargetEndpoint> endpoints) {
        Set<String> ids = endpoints.stream().map(TargetEndpoint::id).collect(Collectors.toSet());
        asked.retainAll(ids);
        if (answers.keySet().retainAll(ids)) {
            publish();
        }
        for (TargetEndpoint endpoint : endpoints) {
            if (asked.add(endpoint.id())) {
                ask(endpoint);
            }
        }
    }

    private void askAll() {
        if (!stopped) {
            directory.endpoints().forEach(this::ask);
        }
    }

    private void ask(TargetEndpoint endpoint) {
        asked.add(endpoint.id());
        calls.send(
                endpoint,
                UpstreamRequest.get("/v1/models", HEADERS),
                MAX_BYTES,
                interval,
                answer -> answered(endpoint, answer));
    }

    private void answered(TargetEndpoint endpoint, BodyCollector.@Nullable Answer answer) {
        if (answer == null || answer.status() != 200 || !directory.ids().contains(endpoint.id())) {
            return;
        }
        try {
            List<ModelInfo> now = ModelList.parse(answer.body());
            if (!now.equals(answers.put(endpoint.id(), now))) {
                publish();
            }
        } catch (IllegalArgumentException e) {
            log.atDebug().addKeyValue("endpoint", endpoint.id()).log("model list makes no sense");
        }
    }

    private void publish() {
        ModelList merged = ModelList.merge(answers.values());
        remembered = Stream.concat(merged.models().stream().map(ModelInfo::id), remembered.stream())
                .distinct()
                .limit(MAX_REMEMBERED)
                .collect(Collectors.toUnmodifiableSet());
        models = merged;
    }
}
