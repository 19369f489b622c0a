package io.llmd.simulator.metrics;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Writes Prometheus text exposition byte for byte like Python's client, sorted labels included. A meter can be opened
 * again: its samples stay together.
 */
final class Exposition {
    private static final Pattern TRAILING_ZEROS = Pattern.compile("[0.]+$");

    private static final Map<Double, String> BOUNDS = new ConcurrentHashMap<>();
    private static final String TOTAL = "_total";
    private static final int SMALL = 1_000_000;

    private final Map<String, StringBuilder> meters = new LinkedHashMap<>();
    private final Predicate<String> shown;
    private final double createdSeconds;
    private final String createdText;
    private StringBuilder out = new StringBuilder();
    private String meter = "";
    private String base = "";
    private String help = "";
    private boolean hidden;

    /** Shows every meter, without the times of their creation. */
    Exposition() {
        this(name -> true, Double.NaN);
    }

    /**
     * @param shown tells by its name, without {@code _total}, whether a meter is shown
     * @param createdSeconds when counters, histograms and summaries began to count; NaN if that is not told
     */
    Exposition(Predicate<String> shown, double createdSeconds) {
        this.shown = shown;
        this.createdSeconds = createdSeconds;
        createdText = number(createdSeconds);
        meters.put(meter, out);
    }

    /** Opens a meter; counters carry {@code _total} in {@code name} already. */
    Exposition meter(String name, String type, String meterHelp) {
        meter = name;
        base = name.endsWith(TOTAL) && type.equals("counter")
                ? name.substring(0, name.length() - TOTAL.length())
                : name;
        help = meterHelp;
        hidden = !shown.test(base);
        out = hidden ? new StringBuilder() : opened(name, type);
        return this;
    }

    private StringBuilder opened(String name, String type) {
        return meters.computeIfAbsent(
                name,
                ignored -> new StringBuilder(256)
                        .append("# HELP ")
                        .append(name)
                        .append(' ')
                        .append(help)
                        .append("\n# TYPE ")
                        .append(name)
                        .append(' ')
                        .append(type)
                        .append('\n'));
    }

    /** Opens a gauge. */
    Exposition gauge(String name, String meterHelp) {
        return meter(name, "gauge", meterHelp);
    }

    /** Opens a counter; {@code name} without {@code _total}. */
    Exposition counter(String name, String meterHelp) {
        return meter(name + TOTAL, "counter", meterHelp);
    }

    Exposition sample(String name, Map<String, String> labels, double value) {
        return sample(name, Labels.of(labels), value);
    }

    Exposition sample(String name, Labels labels, double value) {
        out.append(name).append(labels.text()).append(' ');
        appendNumber(out, value);
        out.append('\n');
        return this;
    }

    /** Most numbers are small and whole. */
    private static void appendNumber(StringBuilder text, double value) {
        int whole = (int) value;
        if (whole == value && whole >= 0 && whole < SMALL && Double.doubleToRawLongBits(value) >= 0) {
            text.append(whole).append(".0");
        } else {
            text.append(number(value));
        }
    }

    /** The value of the open gauge. */
    Exposition value(Labels labels, double value) {
        return sample(meter, labels, value);
    }

    /** The value of the open counter. */
    Exposition count(Labels labels, double value) {
        return sample(meter, labels, value).created(labels, createdSeconds);
    }

    Exposition histogram(String name, Labels labels, Histogram.Counts counts) {
        long cumulative = 0;
        String bucket = name + "_bucket";
        for (int i = 0; i < counts.bounds().length; i++) {
            cumulative += counts.counts()[i];
            sample(bucket, labels.with("le", bound(counts.bounds()[i])), cumulative);
        }
        cumulative += counts.counts()[counts.bounds().length];
        sample(bucket, labels.with("le", "+Inf"), cumulative);
        sample(name + "_count", labels, cumulative);
        return sample(name + "_sum", labels, counts.sum());
    }

    /** The state of the open histogram. */
    Exposition histogram(Labels labels, Histogram.Counts counts) {
        return histogram(meter, labels, counts).created(labels, createdSeconds);
    }

    /** When the open counter, histogram or summary began to count for these labels. */
    Exposition created(Labels labels, double seconds) {
        if (!hidden && !Double.isNaN(seconds)) {
            String name = base + "_created";
            StringBuilder samples = opened(name, "gauge");
            samples.append(name)
                    .append(labels.text())
                    .append(' ')
                    .append(seconds == createdSeconds ? createdText : number(seconds))
                    .append('\n');
        }
        return this;
    }

    private static String bound(double value) {
        return BOUNDS.computeIfAbsent(value, Exposition::number);
    }

    /** A number as Python's client prints it: {@code 1.0}, {@code 0.001}, {@code 1.234567e+06}, {@code +Inf}. */
    static String number(double value) {
        if (value == Double.POSITIVE_INFINITY) {
            return "+Inf";
        }
        if (value == Double.NEGATIVE_INFINITY) {
            return "-Inf";
        }
        if (Double.isNaN(value)) {
            return "NaN";
        }
        String text = shortest(value);
        int dot = text.indexOf('.');
        if (value > 0 && dot > 6) {
            String mantissa = text.charAt(0) + "." + text.substring(1, dot) + text.substring(dot + 1);
            return TRAILING_ZEROS.matcher(mantissa).replaceFirst("") + "e+0" + (dot - 1);
        }
        return text;
    }

    /** Shortest decimal that gives the number back, in Python's notation. */
    private static String shortest(double value) {
        String java = Double.toString(value);
        double size = Math.abs(value);
        if (size >= 1e-3 && size < 1e7 || size == 0) {
            return java;
        }
        if (size >= 1e-4 && size < 1e16) {
            String plain = new BigDecimal(java).stripTrailingZeros().toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String mantissa = java.substring(0, java.indexOf('E')).replaceFirst("\\.0$", "");
        int exponent = Integer.parseInt(java.substring(java.indexOf('E') + 1));
        return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    @Override
    public String toString() {
        int length = meters.values().stream().mapToInt(StringBuilder::length).sum();
        StringBuilder page = new StringBuilder(length);
        meters.values().forEach(page::append);
        return page.toString();
    }

    /** Labels in the order of their names, rendered once. */
    static final class Labels {
        private final SortedMap<String, String> values;
        private final String text;
        private final Map<String, Map<String, Labels>> longer = new ConcurrentHashMap<>();

        private Labels(SortedMap<String, String> values) {
            this.values = values;
            StringBuilder rendered = new StringBuilder();
            values.forEach((name, value) -> rendered.append(rendered.isEmpty() ? '{' : ',')
                    .append(name)
                    .append("=\"")
                    .append(escape(value))
                    .append('"'));
            text = rendered.isEmpty() ? "" : rendered.append('}').toString();
        }

        static Labels of(Map<String, String> values) {
            return new Labels(new TreeMap<>(values));
        }

        String text() {
            return text;
        }

        /** These and one more, which is kept; for values of which there are few. */
        Labels with(String name, String value) {
            return longer.computeIfAbsent(name, ignored -> new ConcurrentHashMap<>())
                    .computeIfAbsent(value, ignored -> {
                        SortedMap<String, String> more = new TreeMap<>(values);
                        more.put(name, value);
                        return new Labels(more);
                    });
        }

        private static String escape(String value) {
            return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
        }
    }
}
