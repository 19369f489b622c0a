package io.llmd.simulator.config;

import io.llmd.simulator.engine.AdapterSettings;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Builds {@link LoraSettings} and the engine's {@link AdapterSettings}. Not thread-safe. */
public final class LoraSettingsBuilder {
    private static final Set<Integer> RANKS = new TreeSet<>(Set.of(1, 8, 16, 32, 64, 128, 256, 320, 512));
    private static final int DEFAULT_RANK = 16;

    private @Nullable Boolean enabled;
    private List<LoraModule> modules = List.of();
    private boolean runtimeUpdating;
    private int maxAdapters = 1;
    private @Nullable Integer maxHostAdapters;
    private int rank = DEFAULT_RANK;

    LoraSettingsBuilder() {}

    /** Sets {@link LoraSettings#enabled()}; by default there are adapters if some are given or may be loaded. */
    public LoraSettingsBuilder enabled(boolean value) {
        enabled = value;
        return this;
    }

    /** Sets {@link LoraSettings#modules()}. */
    public LoraSettingsBuilder modules(List<LoraModule> value) {
        modules = value;
        return this;
    }

    /** Sets {@link LoraSettings#runtimeUpdating()}. */
    public LoraSettingsBuilder runtimeUpdating(boolean value) {
        runtimeUpdating = value;
        return this;
    }

    /** Sets {@link AdapterSettings#maxAdapters()}. */
    public LoraSettingsBuilder maxAdapters(int value) {
        maxAdapters = value;
        return this;
    }

    /** Sets {@link AdapterSettings#maxHostAdapters()}, by default as many as in one step. */
    public LoraSettingsBuilder maxHostAdapters(int value) {
        maxHostAdapters = value;
        return this;
    }

    /** Sets the rank, on which the size of an adapter and its share of a step depend. */
    public LoraSettingsBuilder rank(int value) {
        if (!RANKS.contains(value)) {
            throw new IllegalArgumentException("rank: " + value + " (expected: one of " + RANKS + ")");
        }
        rank = value;
        return this;
    }

    LoraSettings build() {
        boolean wanted = !modules.isEmpty() || runtimeUpdating;
        if (enabled != null && !enabled && !modules.isEmpty()) {
            throw new IllegalArgumentException("adapters are given though there can be none (expected: enable-lora)");
        }
        return new LoraSettings(enabled == null ? wanted : enabled, modules, runtimeUpdating);
    }

    AdapterSettings adapters() {
        AdapterSettings usual = AdapterSettings.DEFAULTS;
        return new AdapterSettings(
                maxAdapters,
                maxHostAdapters == null ? maxAdapters : maxHostAdapters,
                usual.activateNanos(),
                usual.loadNanos() * rank / DEFAULT_RANK,
                stepShare(rank));
    }

    /** 2 % at rank 8, 3.5 % at 16, 6 % at 32; a power of the rank between and beyond these. */
    static double stepShare(int rank) {
        boolean low = rank <= DEFAULT_RANK;
        double from = low ? 0.02 : 0.035;
        double doubled = low ? 0.035 : 0.06;
        double doublings = Math.log((double) rank / (low ? 8 : DEFAULT_RANK)) / Math.log(2);
        return from * Math.pow(doubled / from, doublings);
    }
}
