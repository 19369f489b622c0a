package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EngineDriverTest {

    @ParameterizedTest
    @ValueSource(classes = {StackOverflowError.class, IllegalStateException.class})
    void whatBreaksInOneEngineEndsThatEngineAlone(Class<? extends Throwable> kind) {
        AtomicInteger moves = new AtomicInteger();
        FakeEngine broken = new FakeEngine(now -> {
            throw EngineDriverTest.<RuntimeException>thrown(kind);
        });
        FakeEngine sound = new FakeEngine(now -> {
            moves.incrementAndGet();
            return now;
        });
        try (EngineDriver driver = new EngineDriver()) {
            driver.add(broken);
            driver.add(sound);
            await("the broken one is told").until(broken.told::get);
            int before = moves.get();
            await("the other one goes on").until(() -> moves.get() > before + 10);
        }
        assertThat(sound.told).isFalse();
    }

    @Test
    void errorOfACommandEndsNothing() {
        AtomicBoolean done = new AtomicBoolean();
        try (EngineDriver driver = new EngineDriver()) {
            driver.execute(() -> {
                throw new StackOverflowError();
            });
            driver.execute(() -> done.set(true));
            await("the next command").untilTrue(done);
        }
    }

    @SuppressWarnings("unchecked") // errors and exceptions are thrown alike
    private static <T extends Throwable> T thrown(Class<? extends Throwable> kind) throws T {
        try {
            throw (T) kind.getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static final class FakeEngine implements Driven {
        private final LongUnaryOperator advance;
        private final AtomicBoolean told = new AtomicBoolean();

        FakeEngine(LongUnaryOperator advance) {
            this.advance = advance;
        }

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public long advance(long now) {
            return advance.applyAsLong(now);
        }

        @Override
        public void fail() {
            told.set(true);
        }
    }
}
