package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.Attainment;
import io.llmd.autoscaler.analyzer.ShapeWindow;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.TokenUsage;

/**
 * Requests of one model and tier that were told of one by one: exact moments of their lengths, what belongs together included, and
 * which of them kept all that was promised. For one thread.
 */
final class ServedRequests {

    private static final double MICROS = 1e6;
    /** Below so many tokens a mean time between them says little (specs/autoscaling.md 3.4). */
    private static final int LEAST_TOKENS = 16;

    private final Tier tier;
    private final ShapeWindow shapes;
    private final Attainment attainment = new Attainment();
    private double count;
    private double input;
    private double cached;
    private double inputSquare;
    private double output;
    private double outputSquare;
    private double uncachedSquare;
    private double inputOutput;
    private double timed;
    private double kept;

    ServedRequests(Tier tier, Shape assumed) {
        this.tier = tier;
        shapes = new ShapeWindow(assumed);
    }

    /** Takes one. Those without an answer say nothing of lengths. */
    void add(Ended ended) {
        TokenUsage usage = ended.usage();
        if (ended.cause() != Cause.NATURAL || usage.promptTokens() < 0 || usage.completionTokens() < 0) {
            return;
        }
        double prompt = usage.promptTokens();
        double held = Math.clamp(usage.cachedTokens(), 0, usage.promptTokens());
        double answer = usage.completionTokens();
        count++;
        input += prompt;
        cached += held;
        inputSquare += prompt * prompt;
        output += answer;
        outputSquare += answer * answer;
        uncachedSquare += (prompt - held) * (prompt - held);
        inputOutput += prompt * answer;
        // Of an answer that came at once nobody has seen when its first token was there, nor times between tokens.
        if (ended.streamed() && ended.firstTokenMicros() > 0 && isPromised()) {
            timed++;
            kept += hasKept(ended) ? 1 : 0;
        }
    }

    private boolean isPromised() {
        return Double.isFinite(tier.firstTokenTarget()) || Double.isFinite(tier.interTokenTarget());
    }

    private boolean hasKept(Ended ended) {
        int tokens = ended.usage().completionTokens();
        double first = ended.firstTokenMicros() / MICROS;
        double rest = (ended.durationMicros() - ended.firstTokenMicros()) / MICROS;
        boolean isPaced = tokens < LEAST_TOKENS || rest / (tokens - 1) <= tier.interTokenTarget();
        return first <= tier.firstTokenTarget() && isPaced;
    }

    /** After all of a cycle were taken. */
    void settle(double nowSeconds) {
        shapes.add(
                nowSeconds,
                new ShapeWindow.Totals(
                        count, input, cached, inputSquare, output, outputSquare, uncachedSquare, inputOutput));
        attainment.add(nowSeconds, new Attainment.Totals(timed, kept, 0, 0));
    }

    /** Requests of the last minutes. */
    double finished(double nowSeconds) {
        return shapes.finished(nowSeconds);
    }

    Shape shape(double nowSeconds) {
        return shapes.shape(nowSeconds);
    }

    /** Share that kept all that was promised; NaN when none was timed. */
    double attainment() {
        return attainment.share();
    }
}
