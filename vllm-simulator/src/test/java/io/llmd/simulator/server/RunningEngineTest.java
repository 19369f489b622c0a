package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.output.Generation;
import io.llmd.simulator.output.SequenceEnd;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RunningEngineTest {
    private static final EngineSink DEAF = event -> {};
    private static final EngineSink BREAKS = event -> {
        if (event instanceof EngineEvent.Scheduled) {
            throw new StackOverflowError();
        }
    };

    private final EngineDriver driver = new EngineDriver();

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void requestsOfAnEngineThatBreaksAreLost() throws Exception {
        RunningEngine engine = engine(BREAKS);
        assertThat(submitted(engine, 1).get(30, TimeUnit.SECONDS).lost()).isTrue();
        assertThat(engine.hasEnded()).isTrue();
    }

    @Test
    void requestDuringWhichTheEngineBreaksIsLostToo() throws Exception {
        RunningEngine engine = engine(BREAKS);
        CountDownLatch both = new CountDownLatch(1);
        driver.execute(() -> awaited(both));
        CompletableFuture<SequenceEnd> first = submitted(engine, 1);
        CompletableFuture<SequenceEnd> second = submitted(engine, 2);
        both.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS).lost()).isTrue();
        assertThat(second.get(30, TimeUnit.SECONDS).lost()).isTrue();
    }

    @Test
    void requestThatCannotBePreparedIsLostAndTheEngineGoesOn() throws Exception {
        RunningEngine engine = engine(DEAF);
        Ending ending = new Ending();
        engine.submitLater(request(1), ending, (taken, now) -> {
            throw new IllegalStateException("cannot be prepared");
        });
        assertThat(ending.end.get(30, TimeUnit.SECONDS).lost()).isTrue();
        assertThat(submitted(engine, 2).get(30, TimeUnit.SECONDS).lost()).isFalse();
        assertThat(engine.hasEnded()).isFalse();
    }

    @Test
    void errorOfAQuestionIsItsAnswer() {
        CompletableFuture<Object> answer = engine(DEAF).ask((engine, now) -> {
            throw new StackOverflowError();
        });
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> answer.get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(StackOverflowError.class);
    }

    private RunningEngine engine(EngineSink listener) {
        return new RunningEngine("test", EngineSettings.builder().build(), driver, List.of(listener));
    }

    private static CompletableFuture<SequenceEnd> submitted(RunningEngine engine, long id) {
        Ending ending = new Ending();
        engine.submitLater(request(id), ending);
        return ending.end;
    }

    private static EngineRequest request(long id) {
        return EngineRequest.text(id, new int[] {1, 2, 3}, 2, index -> 7);
    }

    private static void awaited(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Ending implements Generation {
        private final CompletableFuture<SequenceEnd> end = new CompletableFuture<>();

        @Override
        public void produced(int tokens, long time) {
            // only its end counts
        }

        @Override
        public void ended(SequenceEnd how) {
            end.complete(how);
        }
    }
}
