package io.llmd.simulator.metrics;

import java.math.BigDecimal;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Writes Prometheus text exposition 0.0.4 byte for byte like Python's client, sorted labels included. */
final class Exposition {
    private static final Pattern TRAILING_ZEROS = Pattern.compile("[0.]+$");

    private final StringBuilder out = new StringBuilder(16_384);

    /** Starts a meter; counters carry {@code _total} in {@code name} already. */
    Exposition meter(String name, String type, String help) {
        out.append("# HELP ")
                .append(name)
                .append(' ')
                .append(help)
                .append("\n# TYPE ")
                .append(name)
                .append(' ')
                .append(type)
                .append('\n');
        return this;
    }

    Exposition sample(String name, Map<String, String> labels, double value) {
        return sample(name, Labels.of(labels), value);
    }

    Exposition sample(String name, Labels labels, double value) {
        out.append(name).append(labels.text()).append(' ');
        appendNumber(value);
        out.append('\n');
        return this;
    }

    Exposition histogram(String name, Labels labels, Histogram.Counts counts) {
        long cumulative = 0;
        for (int i = 0; i < counts.bounds().length; i++) {
            cumulative += counts.counts()[i];
            sample(name + "_bucket", labels.with("le", number(counts.bounds()[i])), cumulative);
        }
        cumulative += counts.counts()[counts.bounds().length];
        sample(name + "_bucket", labels.with("le", "+Inf"), cumulative);
        sample(name + "_count", labels, cumulative);
        return sample(name + "_sum", labels, counts.sum());
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

    private void appendNumber(double value) {
        out.append(number(value));
    }

    @Override
    public String toString() {
        return out.toString();
    }

    /** Labels in the order of their names, rendered once. */
    record Labels(SortedMap<String, String> values, String text) {

        static Labels of(Map<String, String> values) {
            SortedMap<String, String> sorted = new TreeMap<>(values);
            StringBuilder text = new StringBuilder();
            sorted.forEach((name, value) -> text.append(text.isEmpty() ? '{' : ',')
                    .append(name)
                    .append("=\"")
                    .append(escape(value))
                    .append('"'));
            return new Labels(sorted, text.isEmpty() ? "" : text.append('}').toString());
        }

        Labels with(String name, String value) {
            SortedMap<String, String> more = new TreeMap<>(values);
            more.put(name, value);
            return of(more);
        }

        private static String escape(String value) {
            return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
        }
    }
}
