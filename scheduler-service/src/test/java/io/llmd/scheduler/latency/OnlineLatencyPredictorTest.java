package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OnlineLatencyPredictorTest {

    private final HeardEvents events = new HeardEvents();
    private final LatencyInputs inputs = new LatencyInputs().set(0.3, 307_200, 2000, 0, 4, 0.5, 1000);
    private final Forecast forecast = new Forecast();

    @Test
    void nothingIsKnownOfARoleThatNothingWasMeasuredOf() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        predictor.learn(measured("decode", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        assertThat(predictor.learned().firstTokenSamples("prefill")).isZero();
        assertThat(predictor.learned().predict("decode", "ns/a", inputs, true, 2, forecast))
                .isFalse();
        assertThat(predictor.learned().predict("decode", "ns/a", inputs, true, 1, forecast))
                .isTrue();
        assertThat(predictor.learned().firstTokenSamples("decode")).isEqualTo(1);
        assertThat(predictor.learned().outputTokenSamples("decode")).isZero();
    }

    @Test
    void aRoleThatTooLittleIsKnownOfIsPredictedByAll() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        for (int i = 0; i < 200; i++) {
            predictor.learn(measured("prefill", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
            predictor.learn(measured("decode", Kind.TIME_PER_OUTPUT_TOKEN, 10, 0, 0));
        }
        for (int i = 0; i < 10; i++) {
            predictor.learn(measured("both", Kind.TIME_TO_FIRST_TOKEN, 400, 0, 0));
        }
        assertThat(predictor.learned().predict("decode", "ns/b", inputs, true, 100, forecast))
                .isTrue();
        double pooled = forecast.timeToFirstTokenMillis();
        assertThat(pooled).isBetween(99.0, 150.0);
        assertThat(forecast.timePerOutputTokenMillis()).isBetween(9.9, 10.1);
        predictor.learned().predict("both", "ns/b", inputs, true, 100, forecast);
        assertThat(forecast.timeToFirstTokenMillis()).isEqualTo(pooled);
        predictor.learned().predict("both", "ns/b", inputs, true, 10, forecast);
        assertThat(forecast.timeToFirstTokenMillis()).isGreaterThan(300);
    }

    @Test
    void withoutTimesPerOutputTokenTheFirstTokenIsPredictedAlone() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        predictor.learn(measured("", Kind.TIME_PER_OUTPUT_TOKEN, 10, 0, 0));
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        assertThat(predictor.learned().predict("", "ns/a", inputs, true, 2, forecast))
                .isTrue();
        assertThat(forecast.timeToFirstTokenMillis()).isPositive();
        assertThat(forecast.timePerOutputTokenMillis()).isZero();
        assertThat(forecast.timePerOutputTokenBoundMillis()).isZero();
    }

    @Test
    void oneThatCannotBeLearnedFromCostsNoOther() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        OnlineLatencyPredictor predictor = predictor(tasks::add);
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        predictor.learn(measured(HeardEvents.FAILING, Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        tasks.remove().run();
        assertThat(events.dropped).isEqualTo(1);
        assertThat(predictor.learned().firstTokenSamples("")).isEqualTo(2);
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        tasks.remove().run();
        assertThat(predictor.learned().firstTokenSamples("")).isEqualTo(3);
    }

    @Test
    void timesOfAnotherMeaningAreLearnedApart() {
        OnlineLatencyPredictors predictors = new OnlineLatencyPredictors(Runnable::run, events, () -> 0);
        OnlineLatencyPredictor streaming = predictors.named("forecast", true, "");
        assertThat(predictors.named("forecast", true, "")).isSameAs(streaming);
        assertThat(predictors.named("forecast")).isSameAs(streaming);
        OnlineLatencyPredictor whole = predictors.named("forecast", false, "");
        assertThat(whole).isNotSameAs(streaming);
        assertThat(predictors.named("forecast")).isSameAs(whole);
        assertThat(predictors.named("forecast", false, "role")).isNotSameAs(whole);
        assertThat(predictors.named("other", true, "")).isNotSameAs(streaming);
        assertThat(predictors.named("forecast", true, "")).isSameAs(streaming);
    }

    @Test
    void bothTimesAreLearnedApart() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        for (int i = 0; i < 200; i++) {
            predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
            predictor.learn(measured("", Kind.TIME_PER_OUTPUT_TOKEN, 10, 0, 0));
        }
        predictor.learned().predict("", "ns/a", inputs, true, 1, forecast);
        assertThat(forecast.timeToFirstTokenMillis()).isBetween(99.0, 101.0);
        assertThat(forecast.timePerOutputTokenMillis()).isBetween(9.9, 10.1);
        predictor.learned().predict("", "ns/a", inputs, false, 1, forecast);
        assertThat(forecast.timePerOutputTokenMillis()).isZero();
    }

    @Test
    void predictingAllocatesNothing() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        for (int i = 0; i < 200; i++) {
            predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
            predictor.learn(measured("", Kind.TIME_PER_OUTPUT_TOKEN, 10, 0, 0));
        }
        LearnedLatencies learned = predictor.learned();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100; i++) {
                inputs.set(0.3, 307_200, 2000, i, 4, 0.5, 1000);
                learned.predict("", "ns/a", inputs, true, 1, forecast);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).isZero();
    }

    @Test
    void decisionsKeepWhatTheyHaveTakenUntilTheLearnerHasRun() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        OnlineLatencyPredictor predictor = predictor(tasks::add);
        LearnedLatencies before = predictor.learned();
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        assertThat(predictor.learned()).isSameAs(before);
        assertThat(tasks).hasSize(1);
        tasks.remove().run();
        assertThat(predictor.learned().firstTokenSamples("")).isEqualTo(2);
        assertThat(before.firstTokenSamples("")).isZero();
    }

    @Test
    void measuredTimesBeyondTheRoomAreDroppedAndTold() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        OnlineLatencyPredictor predictor = predictor(tasks::add);
        for (int i = 0; i < OnlineLatencyPredictor.ROOM + 3; i++) {
            predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        }
        assertThat(events.dropped).isEqualTo(3);
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
        assertThat(predictor.learned().firstTokenSamples("")).isEqualTo(OnlineLatencyPredictor.ROOM);
    }

    @Test
    void aSeventeenthRoleIsNotLearned() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        for (int i = 0; i < 17; i++) {
            predictor.learn(measured("role-" + i, Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        }
        assertThat(predictor.learned().firstTokenSamples("role-15")).isEqualTo(1);
        assertThat(predictor.learned().firstTokenSamples("role-16")).isZero();
        assertThat(events.dropped).isEqualTo(1);
    }

    @Test
    void measuredTimesAreToldWithWhatWasPredicted() {
        OnlineLatencyPredictor predictor = predictor(Runnable::run);
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 80, 120));
        predictor.learn(measured("", Kind.TIME_PER_OUTPUT_TOKEN, 100, 80, 90));
        assertThat(events.measured).extracting(MeasuredLatency::isCovered).containsExactly(true, false);
        assertThat(events.measured).extracting(MeasuredLatency::relativeError).containsOnly(0.2);
    }

    @Test
    void afterTheEndOfTheExecutorNobodyIsDisturbed() {
        OnlineLatencyPredictor predictor = predictor(task -> {
            throw new RejectedExecutionException("ended");
        });
        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
        assertThat(predictor.learned().firstTokenSamples("")).isZero();
    }

    @Test
    void allThreadsMayLearnAndPredictAtOnce() throws InterruptedException {
        try (ExecutorService learner = Executors.newSingleThreadExecutor();
                ExecutorService callers = Executors.newFixedThreadPool(4)) {
            OnlineLatencyPredictor predictor = predictor(learner);
            for (int thread = 0; thread < 4; thread++) {
                callers.execute(() -> {
                    LatencyInputs own = new LatencyInputs().set(0.3, 307_200, 2000, 0, 4, 0.5, 1000);
                    Forecast seen = new Forecast();
                    for (int i = 0; i < 500; i++) {
                        predictor.learn(measured("", Kind.TIME_TO_FIRST_TOKEN, 100, 0, 0));
                        predictor.learned().predict("", "ns/a", own, false, 1, seen);
                    }
                });
            }
            callers.shutdown();
            assertThat(callers.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
            await("all are learned from or dropped")
                    .until(() -> predictor.learned().firstTokenSamples("") + events.dropped == 2000);
            predictor.learned().predict("", "ns/a", inputs, false, 1, forecast);
            assertThat(forecast.timeToFirstTokenMillis()).isBetween(99.0, 101.0);
        }
    }

    private OnlineLatencyPredictor predictor(Executor executor) {
        return new OnlineLatencyPredictors(executor, events, () -> 0).named("forecast");
    }

    private static MeasuredLatency measured(String role, Kind kind, double millis, double predicted, double bound) {
        LatencyFeatures features = new LatencyFeatures(0.3, 2000, 0, 4, 1, 0.5, 1000, 0, 0, role);
        return new MeasuredLatency(
                "ns/a", 307_200, "m", "m", 0, predicted, bound, new LatencySample(kind, features, millis));
    }

    private static final class HeardEvents implements LatencyEvents {
        /** Role that this cannot bear. */
        static final String FAILING = "failing";

        private final List<MeasuredLatency> measured = new ArrayList<>();
        private volatile int dropped;

        @Override
        public void predicted(String plugin, long nanos, boolean withOutput) {}

        @Override
        public synchronized void measured(String plugin, MeasuredLatency one, double coverage) {
            if (one.sample().features().role().equals(FAILING)) {
                throw new IllegalStateException(FAILING);
            }
            measured.add(one);
        }

        @Override
        public void drifted(String plugin, Kind kind) {}

        @Override
        public synchronized void dropped(String plugin) {
            dropped++;
        }
    }
}
