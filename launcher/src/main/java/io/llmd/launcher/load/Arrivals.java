package io.llmd.launcher.load;

import io.llmd.lab.traffic.AzureTrace;
import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import java.io.IOException;
import java.nio.file.Path;

/** When requests are sent. */
public sealed interface Arrivals {

    /**
     * At times that do not depend on the answers, so that a slow server cannot slow the load down.
     *
     * @param requestsPerSecond mean rate, above 0
     * @param spacing how the gaps vary
     * @param profile how the rate goes during the run
     */
    record OpenLoop(double requestsPerSecond, Spacing spacing, Profile profile) implements Arrivals {

        /** At the same rate all the time. */
        public OpenLoop(double requestsPerSecond, Spacing spacing) {
            this(requestsPerSecond, spacing, Profile.STEADY);
        }

        public OpenLoop {
            if (!(requestsPerSecond > 0) || Double.isInfinite(requestsPerSecond)) {
                throw new IllegalArgumentException("rps: " + requestsPerSecond + " (expected: > 0)");
            }
        }
    }

    /**
     * A fixed number of requests at any time; each answer makes room for the next request.
     *
     * @param concurrency requests in flight, at least 1
     */
    record ClosedLoop(int concurrency) implements Arrivals {
        public ClosedLoop {
            if (concurrency < 1) {
                throw new IllegalArgumentException("concurrency: " + concurrency + " (expected: >= 1)");
            }
        }
    }

    /**
     * At the times of a recording, with its prompts and lengths.
     *
     * @param trace at the speed at which it is played
     */
    record Recorded(MooncakeTrace trace) implements Arrivals {

        /**
         * Reads a recording in Mooncake's form, or in Azure's when its name ends with {@code .csv} or {@code .csv.gz}.
         *
         * @param speed times as fast, above 0
         */
        static Recorded of(Path file, double speed) {
            try {
                String name = file.getFileName().toString();
                MooncakeTrace read = name.endsWith(".csv") || name.endsWith(".csv.gz")
                        ? AzureTrace.read("trace", file)
                        : MooncakeTrace.read("trace", file, Integer.MAX_VALUE);
                return new Recorded(read.atSpeed(speed));
            } catch (IOException e) {
                throw new CommandFailure(ExitCode.FAILED, "cannot read the trace: " + e.getMessage());
            }
        }
    }

    /** How the rate goes during a run. */
    enum Profile {
        /** The same all the time. */
        STEADY,
        /** Evenly from a tenth of the rate up to it, and down again. */
        RAMP
    }

    /** Gaps between arrivals. */
    enum Spacing {
        /** Exponential gaps, as independent users make them. */
        POISSON,
        /** Equal gaps. */
        CONSTANT
    }
}
