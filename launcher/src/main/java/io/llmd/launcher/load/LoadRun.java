package io.llmd.launcher.load;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of one plan and collects what comes back. {@link #execute} is called once, by the thread that then
 * paces the requests; {@link #stop} and {@link #snapshot} by any other.
 */
public final class LoadRun implements AutoCloseable {

    private static final long POLL_MILLIS = 20;

    private final LoadPlan plan;
    private final LongSupplier nanoClock;
    private final LoadStats stats;
    private final LoadClient client;
    private final AtomicReference<@Nullable Thread> pacer = new AtomicReference<>();
    private volatile boolean stopped;
    private volatile long startNanos;

    public LoadRun(LoadPlan plan, Target target) {
        this(plan, List.of(target), System::nanoTime);
    }

    /**
     * A run whose requests go to each target in turn, of those that serve.
     *
     * @param serving whether new requests may go there, as a load balancer knows it; any thread
     */
    public LoadRun(LoadPlan plan, List<Target> targets, Predicate<Target> serving) {
        this(plan, targets, serving, System::nanoTime);
    }

    /** A run whose requests go to each target in turn. */
    LoadRun(LoadPlan plan, List<Target> targets, LongSupplier nanoClock) {
        this(plan, targets, target -> true, nanoClock);
    }

    private LoadRun(LoadPlan plan, List<Target> targets, Predicate<Target> serving, LongSupplier nanoClock) {
        this.plan = plan;
        this.nanoClock = nanoClock;
        this.stats = new LoadStats(plan.slo(), plan.mix());
        this.client = new LoadClient(targets, serving, plan.timeout(), plan.maxConnections(), nanoClock);
    }

    /**
     * Sends for as long as the plan says, waits for the answers and reports.
     *
     * @param run what the report says about the run
     */
    public LoadReport execute(LoadReport.Run run) throws InterruptedException {
        pacer.set(Thread.currentThread());
        startNanos = nanoClock.getAsLong();
        switch (plan.arrivals()) {
            case Arrivals.OpenLoop open -> openLoop(open);
            case Arrivals.ClosedLoop closed -> closedLoop(closed);
            case Arrivals.Recorded recorded -> recorded(recorded);
        }
        drain();
        client.abort();
        return client.onLoop(() -> stats.report(run, startNanos + plan.warmUp().toNanos()));
    }

    @Override
    public void close() throws InterruptedException {
        client.close();
    }

    /** Sends nothing more; {@link #execute} waits for what is under way and returns. */
    public void stop() {
        stopped = true;
        LockSupport.unpark(pacer.get());
    }

    /** The run so far. */
    public LoadSnapshot snapshot() throws InterruptedException {
        return client.onLoop(stats::snapshot);
    }

    /** Time since the first request was due. */
    public Duration elapsed() {
        return startNanos == 0 ? Duration.ZERO : Duration.ofNanos(nanoClock.getAsLong() - startNanos);
    }

    private void openLoop(Arrivals.OpenLoop arrivals) {
        ArrivalTimes times = new ArrivalTimes(arrivals, plan.duration(), new SplittableRandom(plan.seed() + 1));
        RequestMaker maker = new RequestMaker(plan);
        for (long at = times.next(); at < plan.duration().toNanos(); at = times.next()) {
            LoadRequest request = maker.next();
            parkUntil(startNanos + at);
            if (stopped) {
                return;
            }
            client.send(exchange(request, startNanos + at, () -> {}));
        }
    }

    private void recorded(Arrivals.Recorded arrivals) {
        Workload requests = arrivals.trace().load(plan.seed()).workload();
        RequestMaker maker = new RequestMaker(plan);
        long end = plan.duration().toNanos();
        for (long at = requests.nextTime(); at < end; at = requests.nextTime()) {
            ClientRequest recorded = requests.next();
            if (recorded == null) {
                return;
            }
            LoadRequest request = maker.of(recorded.prompt(), recorded.outputLength());
            parkUntil(startNanos + at);
            if (stopped) {
                return;
            }
            client.send(exchange(request, startNanos + at, () -> {}));
        }
    }

    private void closedLoop(Arrivals.ClosedLoop arrivals) throws InterruptedException {
        RequestMaker maker = new RequestMaker(plan);
        Semaphore places = new Semaphore(arrivals.concurrency());
        long endNanos = startNanos + plan.duration().toNanos();
        while (!stopped && nanoClock.getAsLong() < endNanos) {
            LoadRequest request = maker.next();
            while (!places.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (stopped || nanoClock.getAsLong() >= endNanos) {
                    return;
                }
            }
            client.send(exchange(request, nanoClock.getAsLong(), places::release));
        }
    }

    private Exchange exchange(LoadRequest request, long intendedNanos, Runnable whenDone) {
        boolean counted = intendedNanos - startNanos >= plan.warmUp().toNanos();
        return new Exchange(request, intendedNanos, counted, stats, whenDone);
    }

    private void parkUntil(long nanos) {
        for (long left = nanos - nanoClock.getAsLong(); left > 0 && !stopped; left = nanos - nanoClock.getAsLong()) {
            LockSupport.parkNanos(left);
        }
    }

    private void drain() throws InterruptedException {
        long limit = nanoClock.getAsLong() + plan.drain().toNanos();
        while (client.onLoop(stats::inFlight) > 0 && nanoClock.getAsLong() < limit) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }
}
