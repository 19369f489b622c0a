package io.llmd.launcher.lab;

import io.llmd.lab.Scenario;
import io.llmd.lab.fleet.Slo;
import io.llmd.launcher.terminal.CommandFailure;
import java.math.BigDecimal;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of the commands that count good answers: what a good one is, and whether requests ask for it. */
final class SloOptions {

    private static final int MILLI_DIGITS = 6;

    @Option(
            names = "--slo-ttft",
            paramLabel = "TIME",
            description =
                    "a good answer begins within this time and 1.5 times the computation of its prompt (default: 1s)")
    private Duration firstToken = Slo.DEFAULT.base();

    @Option(
            names = "--slo-tpot",
            paramLabel = "TIME",
            description = "a good answer takes no longer from token to token in the mean (default: 50ms)")
    private Duration interToken = Slo.DEFAULT.interToken();

    @Option(names = "--ask", description = "requests say in their headers what a good answer is")
    private boolean ask;

    /** The scenario with what was said of good answers. */
    Scenario of(Scenario like) {
        try {
            return new Scenario(
                    like.traffic(),
                    like.fleet(),
                    ask ? like.conditions().withObjectives() : like.conditions(),
                    like.slo().within(firstToken, interToken));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    /** What a good answer is, for the line that tells what runs have in common. */
    String described() {
        return "good within " + millis(firstToken) + " ms and the prompt's share, " + millis(interToken) + " ms a token"
                + (ask ? ", asked for" : "");
    }

    private static String millis(Duration time) {
        return BigDecimal.valueOf(time.toNanos(), MILLI_DIGITS)
                .stripTrailingZeros()
                .toPlainString();
    }
}
