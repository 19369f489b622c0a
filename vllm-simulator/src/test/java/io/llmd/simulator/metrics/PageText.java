package io.llmd.simulator.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A metrics page, meter by meter.
 *
 * @param shapes names of the samples with those of their labels
 */
record PageText(Map<String, Meter> meters, Set<String> shapes) {

    static PageText parse(List<String> lines) {
        Map<String, Meter> meters = new LinkedHashMap<>();
        Set<String> shapes = new TreeSet<>();
        for (String line : lines) {
            if (line.startsWith("# HELP ")) {
                String[] parts = line.split(" ", 4);
                meters.put(parts[2], new Meter(parts[3], "", new TreeSet<>()));
            } else if (line.startsWith("# TYPE ")) {
                String[] parts = line.split(" ", 4);
                meters.computeIfPresent(parts[2], (name, meter) -> new Meter(meter.help(), parts[3], meter.samples()));
            } else if (!line.isBlank()) {
                String sample = line.substring(0, line.lastIndexOf(' '));
                shapes.add(sample.replaceAll("=\"[^\"]*\"", ""));
                Meter meter = meterOf(meters, sample.replaceFirst("\\{.*", ""));
                if (meter != null) {
                    meter.samples().add(sample);
                }
            }
        }
        return new PageText(meters, shapes);
    }

    private static @Nullable Meter meterOf(Map<String, Meter> meters, String sample) {
        for (String suffix : List.of("", "_bucket", "_count", "_sum")) {
            Meter meter =
                    sample.endsWith(suffix) ? meters.get(sample.substring(0, sample.length() - suffix.length())) : null;
            if (meter != null) {
                return meter;
            }
        }
        return null;
    }

    /** @param samples names with labels, without values */
    record Meter(String help, String type, Set<String> samples) {}
}
