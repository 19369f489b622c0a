package io.llmd.simulator.output;

import io.llmd.simulator.engine.FinishReason;
import org.jspecify.annotations.Nullable;

/**
 * One choice of a request on its way to the client. The engine's thread writes how far it got, which is all the
 * hand-over needs because the tokens are known; the rest belongs to the event loop of the connection.
 */
public final class Choice implements Generation {
    private static final int TIMES = 16;

    private final long engineId;
    private final int index;
    private final int[] prompt;
    private final OutputPlan plan;
    private final Runnable wake;
    private final OutputText text;
    private final long[] times = new long[TIMES];
    private volatile int produced;
    private volatile @Nullable SequenceEnd end;
    private boolean finishSent;

    public Choice(long engineId, int index, int[] prompt, OutputPlan plan, Runnable wake) {
        this.engineId = engineId;
        this.index = index;
        this.prompt = prompt;
        this.plan = plan;
        this.wake = wake;
        text = plan.text();
    }

    @Override
    public void produced(int tokens, long time) {
        times[(tokens - 1) % TIMES] = time;
        produced = tokens;
        if (tokens < plan.length()) {
            wake.run();
        }
    }

    @Override
    public void ended(SequenceEnd how) {
        end = how;
        wake.run();
    }

    public long engineId() {
        return engineId;
    }

    public int index() {
        return index;
    }

    public int[] prompt() {
        return prompt;
    }

    public OutputPlan plan() {
        return plan;
    }

    public int produced() {
        return produced;
    }

    /**
     * When a token was produced, in engine nanoseconds.
     *
     * @param token counted from 0, below {@link #produced}; of one that many others followed, the time of a later one
     */
    public long producedAt(int token) {
        return times[Math.max(token, produced - TIMES + 1) % TIMES];
    }

    @Nullable
    public SequenceEnd end() {
        return end;
    }

    /** Why it ended, or will if nothing comes between. */
    public FinishReason finish() {
        SequenceEnd how = end;
        return how == null ? plan.reason() : how.reason();
    }

    public int sent() {
        return text.tokens();
    }

    /** Characters of the output that were taken. */
    public int shownChars() {
        return text.chars();
    }

    public boolean finishSent() {
        return finishSent;
    }

    /** Text of the next tokens up to {@code upTo}, which count as sent from now on. */
    public String takeText(int upTo) {
        return text.upTo(upTo);
    }

    public void finishIsSent() {
        finishSent = true;
    }
}
