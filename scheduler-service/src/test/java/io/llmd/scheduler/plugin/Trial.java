package io.llmd.scheduler.plugin;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.PredictedLatency;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** One example configuration at work on a pool: decisions with all that follows from them, one after another. */
final class Trial {

    /** A request of a trial. */
    record Request(String id, Prompt prompt, Map<String, String> headers, int priority, long[] media) {
        static Request of(int tokens, int seed) {
            return new Request("r", prompt(tokens, seed), Map.of(), 0, new long[0]);
        }

        Request named(String name) {
            return new Request(name, prompt, headers, priority, media);
        }

        Request with(Map<String, String> others) {
            return new Request(id, prompt, others, priority, media);
        }

        Request ofPriority(int other) {
            return new Request(id, prompt, headers, other, media);
        }

        Request withMedia(long... hashes) {
            return new Request(id, prompt, headers, priority, hashes);
        }

        /** Equal seeds share their beginning. */
        private static Prompt prompt(int tokens, int seed) {
            byte[] bytes = new byte[tokens * Prompt.TOKEN_BYTES];
            for (int i = 0; i < tokens; i++) {
                bytes[4 * i] = (byte) i;
                bytes[4 * i + 1] = (byte) (i >> 8);
                bytes[4 * i + 2] = (byte) (i >> 16);
                bytes[4 * i + 3] = (byte) seed;
            }
            return new Prompt(bytes, bytes.length);
        }
    }

    /** What came of a request. */
    record Result(SchedulingOutcome outcome, InferenceRequest request, Dispatch dispatch) {
        String primary() {
            return chosen().getFirst();
        }

        List<String> chosen() {
            return ((Scheduled) outcome)
                    .primary().endpoints().stream()
                            .map(endpoint -> endpoint.metadata().name())
                            .toList();
        }

        String chosenBy(String profile) {
            return ((Scheduled) outcome)
                    .profiles()
                    .get(profile)
                    .primary()
                    .metadata()
                    .name();
        }

        String target() {
            return ((Scheduled) outcome).primary().primary().metadata().hostPort();
        }

        SchedulingOutcome.Reason reason() {
            return ((SchedulingOutcome.Rejected) outcome).reason();
        }
    }

    static final Path EXAMPLES = Path.of("..", "docs", "examples");

    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(1), () -> 0);
    private final List<Runnable> tasks = new ArrayList<>();
    private final List<String> attributes = new ArrayList<>();
    private final Predictor predictor = new Predictor();
    private final Scheduler scheduler = new Scheduler(PluginFaults.NONE);
    private final LoadResult.Loaded loaded;
    private List<Endpoint> pool = List.of();
    private long leases;

    Trial(String example) {
        this(example, text(example), store -> new EngineIndexes(store, System::nanoTime));
    }

    /** The example with predictions of servers, which the trial stands in for. */
    static Trial askingServers(String example) {
        String text = text(example).replace("streamingMode: true", "streamingMode: true, predictor: servers");
        return new Trial(example, text, store -> new EngineIndexes(store, System::nanoTime));
    }

    /** A configuration of the test. @param indexes what its producers know of engines */
    Trial(String name, String config, Function<EndpointStore, EngineIndexes> indexes) {
        PluginRegistry registry = TestPlugins.registered(
                store,
                indexes.apply(store),
                predictor,
                (delay, task) -> tasks.add(task),
                (request, namespace, key, value) -> attributes.add(namespace + " " + key + " " + value));
        loaded = new EndpointPickerConfigLoader(registry, true)
                .load(config, name)
                .orThrow();
    }

    static String text(String example) {
        try {
            return Files.readString(EXAMPLES.resolve(example + ".yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    LoadResult.Loaded loaded() {
        return loaded;
    }

    /** Starts what plugins do beside decisions. */
    Trial started() {
        loaded.instances().values().forEach(instance -> {
            if (instance.plugin() instanceof LivePlugin plugin) {
                plugin.start();
            }
        });
        return this;
    }

    Trial over(Endpoint... endpoints) {
        pool = List.of(endpoints);
        pool.forEach(endpoint -> store.upsert(endpoint.metadata()));
        return this;
    }

    /** Predicts these times to the first token for the endpoints of the pool, in order. */
    Trial predicting(double... millis) {
        predictor.millis = millis;
        return this;
    }

    Result decide(Request request) {
        return decide(request, pool);
    }

    /** Decides although only some endpoints may be used. */
    Result decide(Request request, List<Endpoint> endpoints) {
        return begin(request, endpoints).join();
    }

    CompletableFuture<Result> begin(Request request) {
        return begin(request, pool);
    }

    private CompletableFuture<Result> begin(Request request, List<Endpoint> endpoints) {
        RequestBody body =
                new RequestBody(Api.CHAT_COMPLETIONS, "m", true, -1, List.of(request.prompt()), "", 0, request.media());
        InferenceRequest inference = scheduler.process(
                loaded.plan(),
                new InferenceRequest(
                        request.id(),
                        "m",
                        body,
                        request.headers(),
                        request.priority(),
                        "default-flow",
                        0,
                        new SplittableRandom(request.id().hashCode())));
        Candidates candidates = Candidates.of(endpoints);
        return scheduler
                .scheduleWhenReady(loaded.plan(), inference, candidates, DecisionRecorder.NONE)
                .thenApply(outcome -> {
                    Dispatch dispatch = new Dispatch(++leases);
                    if (outcome instanceof Scheduled scheduled) {
                        scheduler.scheduled(
                                loaded.plan(), inference, candidates, scheduled, dispatch, DecisionRecorder.NONE);
                    }
                    return new Result(outcome, inference, dispatch);
                })
                .toCompletableFuture();
    }

    void end(Result result, TokenUsage usage) {
        long lease = result.dispatch().leaseId();
        scheduler.ended(
                loaded.plan(),
                lease,
                new OutcomeReport("r", lease, "ns/a", Phase.ENDED, Cause.NATURAL, 200, usage, 1000, 2000));
    }

    void passTime() {
        List.copyOf(tasks).forEach(Runnable::run);
    }

    List<String> attributes() {
        return attributes;
    }

    private static final class Predictor implements LatencyPredictor {
        private double[] millis = {};

        @Override
        public boolean isAvailable() {
            return millis.length > 0;
        }

        @Override
        public Duration timeout() {
            return Duration.ofSeconds(1);
        }

        @Override
        public CompletionStage<List<PredictedLatency>> predict(List<LatencyFeatures> rows) {
            List<PredictedLatency> predicted = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                predicted.add(new PredictedLatency(millis[i], 10));
            }
            return CompletableFuture.completedFuture(predicted);
        }

        @Override
        public void learn(LatencySample sample) {}
    }
}
