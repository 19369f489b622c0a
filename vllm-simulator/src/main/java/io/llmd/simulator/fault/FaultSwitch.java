package io.llmd.simulator.fault;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.engine.CounterRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Holds the faults that are set, and draws those that a request meets: a function of the seed and of how many requests
 * came before. Safe from any thread; changes and draws hold a lock for a few instructions.
 */
public final class FaultSwitch {
    private static final long STREAM = 0x66_61_75_6c_74L;

    private static final RequestFaults REFUSED = RequestFaults.of(List.of(new RequestFault.Refuse()));

    private final long key;
    private final Consumer<Faults> rule;
    private final List<FaultListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong others = new AtomicLong();
    private volatile Faults faults = Faults.NONE;

    /**
     * @param seed of all draws
     * @param endpoint what tells this endpoint from others with the same seed
     */
    public FaultSwitch(long seed, long endpoint) {
        this(seed, endpoint, any -> {});
    }

    /** @param rule throws what {@link #set} shall throw if faults cannot be had here */
    public FaultSwitch(long seed, long endpoint, Consumer<Faults> rule) {
        key = CounterRandom.bits(seed, endpoint, STREAM);
        this.rule = rule;
    }

    /** Tells what is set, and of every change that somebody asks for from now on. */
    public synchronized void listen(FaultListener listener) {
        listeners.add(listener);
        listener.changed(faults);
    }

    /** Tells of no further change. */
    public void forget(FaultListener listener) {
        listeners.remove(listener);
    }

    public Faults get() {
        return faults;
    }

    /** Changes what is set, and tells all listeners. */
    public synchronized Faults set(UnaryOperator<Faults> change) {
        Faults next = change.apply(faults);
        requireAllowed(next);
        faults = next;
        listeners.forEach(listener -> listener.changed(next));
        return next;
    }

    /** Throws what {@link #set} would throw. */
    void requireAllowed(Faults wanted) {
        rule.accept(wanted);
    }

    /**
     * The faults of the next request to the model, which count as met: those it asks for in its headers, before those
     * that are set.
     *
     * @param body asked for only if it matters
     * @throws io.llmd.simulator.api.ApiException if a header cannot be read
     */
    public RequestFaults draw(Call.Headers headers, Supplier<byte[]> body) {
        RequestFaults asked = FaultHeaders.read(headers);
        return draw(() -> RequestPhase.of(body.get())).with(asked);
    }

    private RequestFaults draw(Supplier<RequestPhase> phase) {
        long number = requests.getAndIncrement();
        Collection<Injection> set = faults.injections().values();
        if (set.isEmpty()) {
            return RequestFaults.NONE;
        }
        boolean dependsOnPhase =
                set.stream().anyMatch(injection -> injection.trigger().phase() != null);
        return draw(number, dependsOnPhase ? phase.get() : RequestPhase.BOTH);
    }

    /** The faults of the next request that is not to the model, which count as met. */
    public RequestFaults drawOther(String path) {
        long number = others.getAndIncrement();
        Faults current = faults;
        if (current.injections().containsKey(FaultKind.REFUSE) && drawRefusal(number)) {
            return REFUSED;
        }
        Duration delay = current.metrics().delay();
        return delay != null && path.equals("/metrics")
                ? RequestFaults.of(List.of(new RequestFault.StallBeforeHead(delay)))
                : RequestFaults.NONE;
    }

    private synchronized RequestFaults draw(long number, RequestPhase phase) {
        List<RequestFault> met = new ArrayList<>();
        for (Injection injection : faults.injections().values()) {
            Trigger trigger = injection.trigger();
            if ((trigger.phase() == null || trigger.phase() == phase) && hits(injection, number, 0)) {
                met.add(
                        injection.fault() instanceof RequestFault.Failure failure
                                ? oneOf(failure, number)
                                : injection.fault());
                use(injection);
            }
        }
        return RequestFaults.of(met);
    }

    private synchronized boolean drawRefusal(long number) {
        Injection refusal = faults.injections().get(FaultKind.REFUSE);
        if (refusal == null || refusal.trigger().phase() != null || !hits(refusal, number, 1)) {
            return false;
        }
        use(refusal);
        return true;
    }

    private boolean hits(Injection injection, long number, int stream) {
        double probability = injection.trigger().probability();
        return probability == 1 || unit(injection, number, stream) <= probability;
    }

    private RequestFault oneOf(RequestFault.Failure failure, long number) {
        long bits = CounterRandom.bits(key, number, FaultKind.values().length * 2L);
        int index = (int) Long.remainderUnsigned(bits, failure.types().size());
        return new RequestFault.Failure(List.of(failure.types().get(index)));
    }

    private double unit(Injection injection, long number, int stream) {
        return CounterRandom.unit(key, number, injection.fault().kind().ordinal() * 2L + stream);
    }

    private void use(Injection injection) {
        Trigger left = injection.trigger().used();
        if (left != injection.trigger()) {
            FaultKind kind = injection.fault().kind();
            faults = faults.withInjection(kind, left == null ? null : new Injection(injection.fault(), left));
        }
    }
}
