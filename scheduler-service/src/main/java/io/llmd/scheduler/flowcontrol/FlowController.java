package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Flow control for many callers: what they want done is handed to one owner through a queue. The owner is a thread of this
 * object's own after {@link #start}, or whoever calls {@link #turn} when there is none, as tests and simulations do.
 *
 * <p>Grows with the requests that wait, which the settings bound, and with those that are on their way to the owner, of
 * which there are at most {@value #MOST_HANDED_IN}.
 */
public final class FlowController implements FlowControl {

    /*
     * Nobody but the owner touches the engine, so that it needs no locks, and counts are exact at any rate of
     * cancellations. Callers add a command and wake the owner if it sleeps. The owner says that it sleeps before it looks
     * at the queue for the last time, and callers look whether it sleeps after they have added, so that one of both sees
     * the other. After the end there is no owner: whoever adds a command then takes it out again under the lock.
     */

    private static final System.Logger LOG = System.getLogger(FlowController.class.getName());

    /** Requests that may be on their way to the owner; more are rejected at once. */
    static final int MOST_HANDED_IN = 16_384;

    /** Time between two looks at the pool while requests wait. */
    private static final long LOOK_NANOS = Duration.ofMillis(1).toNanos();

    /** Time between two looks at the pool while none waits; gauges follow it. */
    private static final long IDLE_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long COLLECT_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int COMMANDS_AT_ONCE = 4096;
    private static final Duration LONGEST_END = Duration.ofSeconds(10);

    private sealed interface Command {
        record Submit(Item item) implements Command {}

        record Cancel(Item item) implements Command {}

        record Placed(Item item, long leaseId, String endpointId) implements Command {}

        record Dropped(Item item) implements Command {}

        record Ended(long leaseId) implements Command {}

        record Desire(Set<Integer> priorities) implements Command {}

        record Replicas(int count) implements Command {}

        record Reconfigure(FlowControlSettings settings) implements Command {}
    }

    private final FlowEngine engine;
    private final FlowObserver observer;
    private final LongSupplier nanoClock;
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final AtomicInteger handedIn = new AtomicInteger();
    private final ReentrantLock ending = new ReentrantLock();
    private volatile boolean isClosed;
    private volatile boolean isEnded;
    private volatile boolean isAsleep;
    private volatile @Nullable Thread owner;
    private volatile long turnNanos;
    private long collectedNanos;

    /**
     * Flow control without a thread.
     *
     * @param pool the pool now; called by the owner alone, at least every millisecond while requests wait
     * @param revoker is told the lease of each running request that has to end; must not block or throw
     * @param nanoClock monotonic clock of the pool's readings and of {@link FlowRequest#receivedNanos}
     */
    public FlowController(
            FlowControlSettings settings,
            Supplier<PoolView> pool,
            FlowObserver observer,
            LongConsumer revoker,
            LongSupplier nanoClock) {
        this(settings, pool, observer, new PluginGuard(PluginFaults.NONE), revoker, nanoClock);
    }

    /**
     * The same with policies that {@code plugins} guards.
     *
     * @param plugins guards the calls of policies
     */
    public FlowController(
            FlowControlSettings settings,
            Supplier<PoolView> pool,
            FlowObserver observer,
            PluginGuard plugins,
            LongConsumer revoker,
            LongSupplier nanoClock) {
        this.observer = Objects.requireNonNull(observer, "observer");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        long now = nanoClock.getAsLong();
        this.engine = new FlowEngine(settings, pool, observer, plugins, revoker, now);
        this.collectedNanos = now;
        this.turnNanos = now;
    }

    /** Starts the owner. @throws IllegalStateException when it was started before */
    public void start() {
        ending.lock();
        try {
            if (owner != null || isClosed) {
                throw new IllegalStateException("flow control is started once");
            }
            Thread thread = Thread.ofPlatform().daemon().name("flow-control").unstarted(this::run);
            owner = thread;
            thread.start();
        } finally {
            ending.unlock();
        }
    }

    private void run() {
        while (!isClosed) {
            long nanos = turn();
            isAsleep = true;
            if (commands.isEmpty() && !isClosed && nanos > 0) {
                LockSupport.parkNanos(this, nanos);
            }
            isAsleep = false;
        }
        end();
    }

    /**
     * Does what is to be done now. For the owner alone.
     *
     * @return nanoseconds after which there may be more to do, unless a caller wants something before
     */
    public long turn() {
        try {
            return work();
        } catch (RuntimeException | Error e) {
            report("turn", e);
            return LOOK_NANOS;
        }
    }

    private void report(String what, Throwable failure) {
        try {
            observer.policyFailed(what, failure);
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "a failure of flow control could not be counted", e);
        }
    }

    private long work() {
        long now = nanoClock.getAsLong();
        turnNanos = now;
        takeCommands(now);
        engine.expire(now);
        int dispatched = engine.dispatch(now);
        if (now - collectedNanos >= COLLECT_NANOS) {
            collectedNanos = now;
            engine.collect(now);
        }
        if (engine.waiting() > 0 || dispatched > 0) {
            observer.cycled(nanoClock.getAsLong() - now);
        }
        if (engine.waiting() == 0) {
            return IDLE_NANOS;
        }
        return dispatched > 0 ? 0 : Math.min(LOOK_NANOS, engine.nanosToNextExpiry(now));
    }

    private void takeCommands(long now) {
        Command command = commands.poll();
        for (int i = 0; command != null; i++) {
            carryOut(command, now);
            command = i < COMMANDS_AT_ONCE ? commands.poll() : null;
        }
    }

    /** Whatever a policy throws, the commands after this one are carried out. */
    private void carryOut(Command command, long now) {
        try {
            apply(command, now);
        } catch (RuntimeException | Error e) {
            report("turn", e);
        }
    }

    private void apply(Command command, long now) {
        switch (command) {
            case Command.Submit(Item item) -> {
                handedIn.decrementAndGet();
                engine.submit(item, now);
            }
            case Command.Cancel(Item item) -> engine.cancel(item, now);
            case Command.Placed(Item item, long leaseId, String endpointId) ->
                engine.placed(item, leaseId, endpointId, now);
            case Command.Dropped(Item item) -> engine.dropped(item);
            case Command.Ended(long leaseId) -> engine.ended(leaseId, now);
            case Command.Desire(Set<Integer> priorities) -> engine.desirePriorities(priorities, now);
            case Command.Replicas(int count) -> engine.replicas(count);
            case Command.Reconfigure(FlowControlSettings settings) -> engine.reconfigure(settings, now);
        }
    }

    @Override
    public Ticket submit(FlowRequest request, Consumer<Admission> outcome) {
        Item item = new Item(request, nanoClock.getAsLong(), outcome);
        if (isClosed) {
            refuse(item, Admission.Reason.SHUTTING_DOWN, DrainRate.UNKNOWN);
        } else if (handedIn.incrementAndGet() > MOST_HANDED_IN) {
            handedIn.decrementAndGet();
            refuse(
                    item,
                    Admission.Reason.QUEUE_FULL,
                    engine.drainRate().retryAfter(MOST_HANDED_IN, item.submittedNanos));
        } else {
            observer.entered(request);
            hand(new Command.Submit(item));
        }
        return new ItemTicket(item);
    }

    /** Rejects a request that the engine never sees. */
    private void refuse(Item item, Admission.Reason reason, Duration retryAfter) {
        Admission outcome = new Admission.Rejected(reason, retryAfter);
        item.state(Item.State.LEFT);
        observer.entered(item.request);
        observer.left(item.request, outcome, item.request.priority(), 0);
        try {
            item.outcome.accept(outcome);
        } catch (RuntimeException | Error e) {
            report("outcome", e);
        }
    }

    private void hand(Command command) {
        commands.add(command);
        if (isEnded) {
            end();
        } else if (isAsleep) {
            LockSupport.unpark(owner);
        }
    }

    @Override
    public void ended(long leaseId) {
        hand(new Command.Ended(leaseId));
    }

    @Override
    public void desirePriorities(Set<Integer> priorities) {
        hand(new Command.Desire(Set.copyOf(priorities)));
    }

    @Override
    public void replicas(int count) {
        hand(new Command.Replicas(count));
    }

    @Override
    public void reconfigure(FlowControlSettings settings) {
        hand(new Command.Reconfigure(settings));
    }

    @Override
    public Duration silence() {
        return isClosed || owner == null ? Duration.ZERO : Duration.ofNanos(nanoClock.getAsLong() - turnNanos);
    }

    @Override
    public FlowState state() {
        return engine.state();
    }

    @Override
    public void close() {
        isClosed = true;
        Thread thread = owner;
        if (thread == null) {
            end();
            return;
        }
        LockSupport.unpark(thread);
        try {
            thread.join(LONGEST_END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Evicts what waits and rejects what is on its way; also called for each command that comes after the end. */
    private void end() {
        if (ending.isHeldByCurrentThread()) {
            return; // an outcome hands in more, which the caller further up takes out
        }
        ending.lock();
        try {
            long now = nanoClock.getAsLong();
            if (!isEnded) {
                stop(now);
                isEnded = true;
            }
            for (Command command = commands.poll(); command != null; command = commands.poll()) {
                carryOut(command, now);
            }
        } finally {
            ending.unlock();
        }
    }

    private void stop(long now) {
        try {
            engine.stop(now);
        } catch (RuntimeException | Error e) {
            report("end", e);
        }
    }

    /** Requests that wait, for tests and tools; exact only for the owner. */
    int waiting() {
        return engine.waiting();
    }

    FlowEngine engine() {
        return engine;
    }

    private final class ItemTicket implements Ticket {

        private final Item item;

        private ItemTicket(Item item) {
            this.item = item;
        }

        @Override
        public void cancel() {
            if (!item.isCancelled) {
                item.isCancelled = true;
                hand(new Command.Cancel(item));
            }
        }

        @Override
        public void placed(long leaseId, String endpointId) {
            hand(new Command.Placed(item, leaseId, endpointId));
        }

        @Override
        public void dropped() {
            hand(new Command.Dropped(item));
        }

        @Override
        public int position() {
            return engine.bands().position(item);
        }

        @Override
        public @Nullable Duration estimatedWait() {
            int position = position();
            if (position == 0) {
                return Duration.ZERO;
            }
            Duration time = engine.drainRate().timeFor(position, nanoClock.getAsLong());
            return time.isZero() ? null : time;
        }
    }
}
