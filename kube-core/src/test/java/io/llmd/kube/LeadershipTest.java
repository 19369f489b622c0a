package io.llmd.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeadershipTest {

    private static final Leadership.Settings SETTINGS = new Leadership.Settings(
            "team", "lease", "me", Duration.ofMinutes(3), Duration.ofMinutes(2), Duration.ofMillis(10));

    private final BlockingQueue<CompletableFuture<Void>> tries = new LinkedBlockingQueue<>();
    private final List<Boolean> heard = new CopyOnWriteArrayList<>();
    private final AtomicLong now = new AtomicLong();

    @Test
    void anElectionThatFailsIsFollowedByAnother() throws Exception {
        try (Leadership leadership = Leadership.start(SETTINGS, heard::add, self -> this::begun, now::get)) {
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
        try (Leadership leadership = Leadership.start(SETTINGS, heard::add, self -> elections, now::get)) {
            assertThat(next()).isNotNull();
            assertThat(leadership.isLeader()).isFalse();
        }
    }

    @Test
    void aListenerThatFailsTakesNobodyOut() throws Exception {
        Consumer<Boolean> broken = leads -> {
            heard.add(leads);
            throw new IllegalStateException("broken");
        };
        try (Leadership leadership = Leadership.start(SETTINGS, broken, self -> this::begun, now::get)) {
            CompletableFuture<Void> election = next();
            leadership.become(true);
            assertThat(leadership.isLeader()).isTrue();
            election.complete(null);
            assertThat(next()).isNotNull();
            assertThat(leadership.isLeader()).isFalse();
            assertThat(heard).containsExactly(true, false);
        }
    }

    @Test
    void theEndGivesUpTheElectionAndBeginsNoOther() throws Exception {
        Leadership leadership = Leadership.start(SETTINGS, heard::add, self -> this::begun, now::get);
        CompletableFuture<Void> election = next();
        leadership.close();
        assertThat(election).isCancelled();
        assertThat(tries.poll(100, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void aReplicaLeadsNoLongerThanItsLastRenewalAllows() throws Exception {
        long deadline = SETTINGS.renewDeadline().toNanos();
        try (Leadership leadership = Leadership.start(SETTINGS, heard::add, self -> this::begun, now::get)) {
            assertThat(next()).isNotNull();
            leadership.renewed(now.get());
            assertThat(leadership.isLeader()).as("a renewal alone is no lead").isFalse();
            leadership.become(true);
            now.addAndGet(deadline - 1);
            assertThat(leadership.isLeader()).isTrue();
            leadership.renewed(now.get());
            leadership.renewed(0);
            now.addAndGet(deadline - 1);
            assertThat(leadership.isLeader()).as("the later renewal counts").isTrue();
            now.incrementAndGet();
            assertThat(leadership.isLeader()).as("a machine that was paused").isFalse();
        }
    }

    @Test
    void aTermWithoutRenewalEndsAndIsFollowedByAnotherElection() throws Exception {
        Leadership.Settings quick = new Leadership.Settings(
                "team", "lease", "me", Duration.ofMillis(60), Duration.ofMillis(40), Duration.ofMillis(10));
        BlockingQueue<Boolean> told = new LinkedBlockingQueue<>();
        try (Leadership leadership = Leadership.start(quick, told::add, self -> this::begun, System::nanoTime)) {
            CompletableFuture<Void> hanging = next();
            leadership.renewed(System.nanoTime());
            leadership.become(true);
            assertThat(told.take()).isTrue();
            assertThat(told.take()).isFalse();
            assertThat(leadership.isLeader()).isFalse();
            assertThat(next()).isNotSameAs(hanging);
            assertThat(hanging).isCancelled();
        }
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
