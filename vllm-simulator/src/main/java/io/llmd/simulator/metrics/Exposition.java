package io.llmd.simulator.metrics;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes Prometheus text exposition 0.0.4 byte for byte like Python's client, sorted labels included. */
final class Exposition {
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
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return whole((long) value);
        }
        return fraction(value);
    }

    private static String whole(long value) {
        String digits = Long.toString(value);
        if (value < 1_000_000) {
            return digits + ".0";
        }
        String mantissa = (digits.charAt(0) + "." + digits.substring(1)).replaceAll("\\.?0+$", "");
        return mantissa + "e+" + (digits.length() <= 10 ? "0" : "") + (digits.length() - 1);
    }

    private static String fraction(double value) {
        double size = Math.abs(value);
        String plain = size >= 1e-4 && size < 1e16
                ? new java.math.BigDecimal(Double.toString(value)).toPlainString()
                : Double.toString(value)
                        .replaceAll("\\.0E", "e")
                        .replace("E", "e")
                        .replaceAll("e-(\\d)$", "e-0$1");
        int dot = plain.indexOf('.');
        if (value > 0 && dot > 6 && plain.indexOf('e') < 0) {
            String mantissa = plain.charAt(0) + "." + plain.substring(1, dot) + plain.substring(dot + 1);
            return mantissa + "e+" + (dot <= 10 ? "0" : "") + (dot - 1);
        }
        return plain;
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
