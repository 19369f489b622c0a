package io.llmd.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LeadershipTest {

    private static final Leadership.Settings SETTINGS = new Leadership.Settings(
            "team", "lease", "me", Duration.ofMillis(30), Duration.ofMillis(20), Duration.ofMillis(10));

    private final BlockingQueue<CompletableFuture<Void>> tries = new LinkedBlockingQueue<>();
    private final List<Boolean> heard = new CopyOnWriteArrayList<>();

    @Test
    void anElectionThatFailsIsFollowedByAnother() throws Exception {
        try (Leadership leadership = Leadership.start(SETTINGS, heard::add, become -> this::begun)) {
            next().completeExceptionally(new IllegalStateException("nobody expected this"));
            next().completeExceptionally(new OutOfMemoryError("nor this"));
            assertThat(next()).isNotNull();
            assertThat(leadership.isLeader()).isFalse();
        }
    }

    @Test
    void anElectionThatCannotBeginIsFollowedByAnother() throws Exception {
        BlockingQueue<Boolean> broken = new LinkedBlockingQueue<>(List.of(true, true));
        Leadership.Elections elections = () -> {
            if (broken.poll() != null) {
                throw new IllegalStateException("cannot begin");
            }
            return begun();
        };
        try (Leadership leadership = Leadership.start(SETTINGS, heard::add, become -> elections)) {
            assertThat(next()).isNotNull();
            assertThat(leadership.isLeader()).isFalse();
        }
    }

    @Test
    void aListenerThatFailsTakesNobodyOut() throws Exception {
        BlockingQueue<Consumer<Boolean>> outcomes = new LinkedBlockingQueue<>();
        Consumer<Boolean> broken = leads -> {
            heard.add(leads);
            throw new IllegalStateException("broken");
        };
        try (Leadership leadership = Leadership.start(SETTINGS, broken, become -> {
            outcomes.add(become);
            return this::begun;
        })) {
            CompletableFuture<Void> election = next();
            outcomes.take().accept(true);
            assertThat(leadership.isLeader()).isTrue();
            election.complete(null);
            assertThat(next()).isNotNull();
            assertThat(leadership.isLeader()).isFalse();
            assertThat(heard).containsExactly(true, false);
        }
    }

    @Test
    void theEndGivesUpTheElectionAndBeginsNoOther() throws Exception {
        Leadership leadership = Leadership.start(SETTINGS, heard::add, become -> this::begun);
        CompletableFuture<Void> election = next();
        leadership.close();
        assertThat(election).isCancelled();
        assertThat(tries.poll(100, TimeUnit.MILLISECONDS)).isNull();
    }

    private CompletableFuture<?> begun() {
        CompletableFuture<Void> election = new CompletableFuture<>();
        tries.add(election);
        return election;
    }

    private CompletableFuture<Void> next() throws InterruptedException {
        return tries.take();
    }
}
