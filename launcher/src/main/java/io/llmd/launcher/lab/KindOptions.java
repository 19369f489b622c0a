package io.llmd.launcher.lab;

import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.Traffic;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the commands that look at one question on several kinds of traffic: which of them, and where figures go. */
final class KindOptions {

    /** All kinds, of which one may be a recording. */
    @FunctionalInterface
    interface Kinds {

        /** @param share part of the generated traffic's time, in (0, 1] */
        List<Traffic> all(@Nullable MooncakeTrace recorded, double share);
    }

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = "kinds of traffic, as the tables name them (default: all)")
    private List<String> workloads = List.of();

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            description = "part of the generated traffic's time, 0 to 1 (default: ${DEFAULT-VALUE})")
    private double share;

    @Option(names = "--csv", paramLabel = "FILE", description = "write all figures to this file as well")
    private @Nullable Path csv;

    @Option(names = "--plots", paramLabel = "FOLDER", description = "write plots to this folder")
    private @Nullable Path plots;

    /** @param usualShare share of the time where none is given */
    KindOptions(double usualShare) {
        share = usualShare;
    }

    /** The kinds that were asked for, at the speed that was. */
    List<Traffic> traffics(Kinds kinds, LabOptions options) {
        List<Traffic> all;
        try {
            all = kinds.all(options.hasTrace() ? options.recorded() : null, share).stream()
                    .map(traffic -> traffic.atSpeed(options.speed()))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
        List<String> known = all.stream().map(Traffic::name).toList();
        if (!known.containsAll(workloads)) {
            throw CommandFailure.usage("workloads: " + workloads + " (expected: of " + known + ")");
        }
        return all.stream()
                .filter(traffic -> workloads.isEmpty() || workloads.contains(traffic.name()))
                .toList();
    }

    /** Writes figures and plots, where files for them were named. @param images by the name of their file */
    void write(String figures, Supplier<Map<String, byte[]>> images, Terminal terminal) throws IOException {
        if (csv != null) {
            Files.writeString(csv, figures);
            terminal.note("wrote " + csv);
        }
        if (plots != null) {
            Files.createDirectories(plots);
            for (Map.Entry<String, byte[]> image : images.get().entrySet()) {
                Files.write(plots.resolve(image.getKey()), image.getValue());
            }
            terminal.note("wrote plots to " + plots);
        }
    }
}
