package io.llmd.lab.report;

import io.llmd.lab.result.RunResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a study of prefill and decode apart looks like. */
public final class SplitPlots {

    private SplitPlots() {}

    /** PNG images by the names of their files. */
    public static Map<String, byte[]> images(List<RunResult> runs) {
        Map<String, byte[]> images = new LinkedHashMap<>();
        images.put("itl-p99.png", Plots.groups("99th percentile of the time between tokens", Column.P99_GAP, runs));
        images.put("goodput.png", Plots.groups("Share of good requests", Column.GOODPUT, runs));
        images.put("ttft.png", Plots.groups("Mean time to first token", Column.MEAN_TTFT, runs));
        images.put("e2e.png", Plots.groups("Mean time to the last token", Column.MEAN_E2E, runs));
        images.put("split.png", Plots.groups("Share of the requests that were split", Column.SPLIT, runs));
        for (String traffic : runs.stream().map(RunResult::traffic).distinct().toList()) {
            List<RunResult> own =
                    runs.stream().filter(run -> run.traffic().equals(traffic)).toList();
            images.put("itl-" + traffic + ".png", Plots.gaps("Time between tokens, " + traffic, own));
        }
        return images;
    }
}
