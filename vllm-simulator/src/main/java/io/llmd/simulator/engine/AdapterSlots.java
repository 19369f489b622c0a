package io.llmd.simulator.engine;

import java.util.LinkedHashSet;
import java.util.Set;

/** Which LoRA adapters are where; those used longest ago give way. Not thread-safe. */
final class AdapterSlots {
    private final AdapterSettings settings;
    private final LinkedHashSet<String> onDevice = new LinkedHashSet<>();
    private final LinkedHashSet<String> inHost = new LinkedHashSet<>();
    private final Set<String> inStep = new LinkedHashSet<>();
    private long nanos;

    AdapterSlots(AdapterSettings settings) {
        this.settings = settings;
    }

    void beginStep() {
        inStep.clear();
        nanos = 0;
    }

    /** The same adapters again, which are there now. */
    void repeatStep() {
        nanos = 0;
    }

    /** Whether one more sequence with this adapter can be in the step. */
    boolean hasRoom(String adapter) {
        return inStep.contains(adapter) || inStep.size() < settings.maxAdapters();
    }

    /** Puts an adapter into the step, loading it if it is not there. */
    void use(String adapter) {
        if (!inStep.add(adapter)) {
            return;
        }
        if (!touch(inHost, adapter, settings.maxHostAdapters())) {
            nanos += settings.loadNanos();
        }
        if (!touch(onDevice, adapter, settings.maxAdapters())) {
            nanos += settings.activateNanos();
        }
    }

    /** Time that bringing adapters into the step takes. */
    long loadNanos() {
        return nanos;
    }

    /** Factor on the duration of the step. */
    double stepFactor() {
        return 1 + settings.stepShare() * inStep.size();
    }

    void keep(String adapter) {
        touch(inHost, adapter, settings.maxHostAdapters());
    }

    void forget(String adapter) {
        onDevice.remove(adapter);
        inHost.remove(adapter);
    }

    private static boolean touch(LinkedHashSet<String> set, String adapter, int most) {
        boolean there = set.remove(adapter);
        set.addLast(adapter);
        if (set.size() > most) {
            set.removeFirst();
        }
        return there;
    }
}
