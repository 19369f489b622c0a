package io.llmd.simulator.fault;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The faults that one request meets, by kind. */
public record RequestFaults(Map<FaultKind, RequestFault> byKind) {
    /** Nothing goes wrong. */
    public static final RequestFaults NONE = new RequestFaults(Map.of());

    public RequestFaults {
        byKind = byKind.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(byKind));
    }

    /** These faults; of several of a kind the last one. */
    public static RequestFaults of(Collection<? extends RequestFault> faults) {
        if (faults.isEmpty()) {
            return NONE;
        }
        Map<FaultKind, RequestFault> byKind = new EnumMap<>(FaultKind.class);
        faults.forEach(fault -> byKind.put(fault.kind(), fault));
        return new RequestFaults(byKind);
    }

    /** These faults, with those of others in the place of the same kinds. */
    RequestFaults with(RequestFaults others) {
        if (others.byKind.isEmpty() || byKind.isEmpty()) {
            return byKind.isEmpty() ? others : this;
        }
        Map<FaultKind, RequestFault> merged = new EnumMap<>(byKind);
        merged.putAll(others.byKind);
        return new RequestFaults(merged);
    }

    /** Whether the connection is closed without an answer. */
    public boolean isRefused() {
        return byKind.containsKey(FaultKind.REFUSE);
    }

    /** How much later the request is taken up. */
    public long delayNanos() {
        return byKind.get(FaultKind.DELAY) instanceof RequestFault.Delay delay
                ? delay.by().toNanos()
                : 0;
    }

    /** Whether the request meets a fault of a kind. */
    public boolean has(FaultKind kind) {
        return byKind.containsKey(kind);
    }

    /** The fault of a kind; absent if the request does not meet it. */
    @Nullable
    RequestFault get(FaultKind kind) {
        return byKind.get(kind);
    }
}
