package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.ExtensionPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A decision while it is made: copies what plugins answered and how long they took, and leaves all work with it to whoever
 * reads the record. Used by one thread at a time.
 *
 * @implNote a scorer costs one copy of its scores, a filter that removed somebody one bit per endpoint; the sums are kept
 *     without a copy
 */
public final class DecisionRecording implements DecisionRecorder {

    private static final int USUAL_CALLS = 12;

    private final LongSupplier nanoClock;
    private final long startNanos;
    private final List<PluginCall> calls = new ArrayList<>(USUAL_CALLS);
    private final List<RecordedFilter> screeners = new ArrayList<>(0);
    private final List<RecordedProfile> profiles = new ArrayList<>(2);
    private final List<String> leftOut = new ArrayList<>(0);
    private List<String> passedOver = List.of();
    private @Nullable ExtensionPoint point;
    private @Nullable String profile;
    private String plugin = "";
    private long callNanos;
    private long queueNanos;

    /** Begins to record a decision about a request that arrived at {@code startNanos}. */
    public DecisionRecording(LongSupplier nanoClock, long startNanos) {
        this.nanoClock = nanoClock;
        this.startNanos = startNanos;
    }

    /** The request waited so long for its turn. */
    public void queued(long nanos) {
        queueNanos = nanos;
    }

    @Override
    public void begins(ExtensionPoint calledPoint, @Nullable String calledProfile, String calledPlugin) {
        point = calledPoint;
        profile = calledProfile;
        plugin = calledPlugin;
        callNanos = nanoClock.getAsLong();
    }

    @Override
    public void ends() {
        if (point != null) {
            calls.add(new PluginCall(point, profile, plugin, callNanos, nanoClock.getAsLong() - callNanos));
            point = null;
        }
    }

    @Override
    public void leftOut(String name) {
        leftOut.add(name);
    }

    @Override
    public void passedOver(String name) {
        if (passedOver.isEmpty()) {
            passedOver = new ArrayList<>(2);
        }
        passedOver.add(name);
    }

    @Override
    public void screened(String name, Candidates before, Candidates kept) {
        screeners.add(new RecordedFilter(name, kept == before ? null : slots(kept)));
    }

    @Override
    public void filtered(String profileName, String name, Candidates before, Candidates after) {
        profile(profileName, before).filters.add(new RecordedFilter(name, after == before ? null : slots(after)));
    }

    @Override
    public void scored(String profileName, String name, double weight, Candidates candidates, double[] scores) {
        profile(profileName, candidates)
                .scorers
                .add(new RecordedProfile.Scorer(name, weight, Arrays.copyOf(scores, candidates.size())));
    }

    @Override
    public void picked(String profileName, String name, Candidates candidates, double[] totals, int[] positions) {
        RecordedProfile picking = profile(profileName, candidates);
        picking.picker = name;
        picking.totals = totals.clone();
        picking.picked = positions;
    }

    private RecordedProfile profile(String name, Candidates before) {
        for (int i = profiles.size() - 1; i >= 0; i--) {
            if (profiles.get(i).name.equals(name)) {
                return profiles.get(i);
            }
        }
        RecordedProfile begun = new RecordedProfile(name, slots(before));
        profiles.add(begun);
        return begun;
    }

    /** Slots of the candidates, null when they are all there are. */
    private static int @Nullable [] slots(Candidates candidates) {
        if (candidates.size() == candidates.slotCount()) {
            return null;
        }
        int[] slots = new int[candidates.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = candidates.slot(i);
        }
        return slots;
    }

    long startNanos() {
        return startNanos;
    }

    long queueNanos() {
        return queueNanos;
    }

    long now() {
        return nanoClock.getAsLong();
    }

    List<PluginCall> calls() {
        return calls;
    }

    List<RecordedFilter> screeners() {
        return screeners;
    }

    List<RecordedProfile> profiles() {
        return profiles;
    }

    List<String> leftOut() {
        return leftOut;
    }

    List<String> passedOver() {
        return passedOver;
    }
}
