package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Picks the few wanted samples out of a Prometheus text page of a vLLM engine, while it arrives. Bytes of lines that do
 * not begin with a wanted name are only searched for the line end. Used by one thread, for one page at a time.
 *
 * <p>Values are taken as the wire says them only when they are possible: finite, not negative, counts up to 10⁷, cache
 * usage up to 1.5. Another value makes what it is about unknown. Adapter names are cut at {@value #MAX_LABEL} characters.
 * A line longer than {@value #MAX_LINE} bytes is skipped.
 */
final class VllmMetricsReader {

    static final int MAX_LINE = 64 * 1024;
    static final int MAX_LABEL = 256;
    private static final double MAX_COUNT = 1e7;
    private static final double MAX_BLOCKS = 1e9;
    private static final double MAX_USAGE = 1.5;
    private static final double IMPOSSIBLE = Double.NEGATIVE_INFINITY;

    private static final byte[] RUNNING = ascii("vllm:num_requests_running");
    private static final byte[] WAITING = ascii("vllm:num_requests_waiting");
    private static final byte[] USAGE = ascii("vllm:kv_cache_usage_perc");
    private static final byte[] OLD_USAGE = ascii("vllm:gpu_cache_usage_perc");
    private static final byte[] CACHE_CONFIG = ascii("vllm:cache_config_info");
    private static final byte[] LORA = ascii("vllm:lora_requests_info");
    private static final byte[] START_TIME = ascii("process_start_time_seconds");

    private byte[] carry = new byte[512];
    private int carried;
    private boolean skippingLine;

    private double running = Double.NaN;
    private double waiting = Double.NaN;
    private double usage = Double.NaN;
    private double oldUsage = Double.NaN;
    private double startTime = Double.NaN;
    private int blockTokens;
    private int blocks;
    private double loraTime = Double.NEGATIVE_INFINITY;
    private Map<String, Integer> activeModels = Map.of();
    private Map<String, Integer> waitingModels = Map.of();
    private int maxActiveModels;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Forgets the page read so far. */
    void reset() {
        carried = 0;
        skippingLine = false;
        running = Double.NaN;
        waiting = Double.NaN;
        usage = Double.NaN;
        oldUsage = Double.NaN;
        startTime = Double.NaN;
        blockTokens = 0;
        blocks = 0;
        loraTime = Double.NEGATIVE_INFINITY;
        activeModels = Map.of();
        waitingModels = Map.of();
        maxActiveModels = 0;
    }

    /** Takes the next bytes of the page, cut anywhere. */
    void feed(byte[] bytes, int from, int to) {
        int start = from;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                endLine(bytes, start, i);
                start = i + 1;
            }
        }
        keep(bytes, start, to);
    }

    private void endLine(byte[] bytes, int from, int to) {
        if (skippingLine) {
            skippingLine = false;
        } else if (carried == 0) {
            line(bytes, from, to);
        } else {
            keep(bytes, from, to);
            if (!skippingLine) {
                line(carry, 0, carried);
            }
            skippingLine = false;
        }
        carried = 0;
    }

    private void keep(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length == 0 || skippingLine) {
            return;
        }
        if (carried + length > MAX_LINE) {
            skippingLine = true;
            carried = 0;
            return;
        }
        if (carried + length > carry.length) {
            carry = Arrays.copyOf(carry, Math.min(MAX_LINE, Math.max(2 * carry.length, carried + length)));
        }
        System.arraycopy(bytes, from, carry, carried, length);
        carried += length;
    }

    /**
     * Ends the page.
     *
     * @param nowNanos reading of the monotonic clock
     * @return the reading, or null when the page does not say how many requests run and wait and how full the cache is
     */
    @Nullable
    EndpointMetrics finish(long nowNanos) {
        if (carried > 0 && !skippingLine) {
            line(carry, 0, carried);
        }
        carried = 0;
        skippingLine = false;
        double cacheUsage = Double.isNaN(usage) ? oldUsage : usage;
        if (!(running >= 0 && waiting >= 0 && cacheUsage >= 0)) {
            return null;
        }
        return new EndpointMetrics(
                (int) Math.min(running, MAX_COUNT),
                (int) Math.min(waiting, MAX_COUNT),
                cacheUsage,
                blockTokens,
                blocks,
                activeModels,
                waitingModels,
                maxActiveModels,
                nowNanos);
    }

    /** When the engine's process started, in seconds since the epoch; NaN when the page did not say. */
    double startTime() {
        return startTime;
    }

    private void line(byte[] line, int from, int to) {
        if (to - from < 20) {
            return;
        }
        byte first = line[from];
        if (first == 'v') {
            if (named(RUNNING, line, from, to)) {
                running = sum(running, value(line, from, to, MAX_COUNT));
            } else if (named(WAITING, line, from, to)) {
                waiting = sum(waiting, value(line, from, to, MAX_COUNT));
            } else if (named(USAGE, line, from, to)) {
                usage = max(usage, value(line, from, to, MAX_USAGE));
            } else if (named(OLD_USAGE, line, from, to)) {
                oldUsage = max(oldUsage, value(line, from, to, MAX_USAGE));
            } else if (named(CACHE_CONFIG, line, from, to)) {
                cacheConfig(line, from, to);
            } else if (named(LORA, line, from, to)) {
                lora(line, from, to);
            }
        } else if (first == 'p' && named(START_TIME, line, from, to)) {
            startTime = value(line, from, to, Double.MAX_VALUE);
        }
    }

    /** Whether the sample on this line has exactly this name. */
    private static boolean named(byte[] name, byte[] line, int from, int to) {
        int end = from + name.length;
        if (end >= to || !Arrays.equals(name, 0, name.length, line, from, end)) {
            return false;
        }
        byte next = line[end];
        return next == '{' || next == ' ' || next == '\t';
    }

    /** An impossible sample makes the whole sum unknown: a part of it would look like less load than there is. */
    private static double sum(double total, double value) {
        return Double.isNaN(value) ? IMPOSSIBLE : Double.isNaN(total) ? value : total + value;
    }

    private static double max(double total, double value) {
        return Double.isNaN(value) || total == IMPOSSIBLE
                ? IMPOSSIBLE
                : Double.isNaN(total) ? value : Math.max(total, value);
    }

    /** The value after name and labels, NaN unless it is in [0, limit]; a time stamp after it is ignored. */
    private static double value(byte[] line, int from, int to, double limit) {
        int i = afterLabels(line, from, to);
        while (i < to && isBlank(line[i])) {
            i++;
        }
        int end = i;
        while (end < to && !isBlank(line[end]) && line[end] != '\r') {
            end++;
        }
        if (end == i || end - i > 64 || !isDecimal(line, i, end)) {
            return Double.NaN;
        }
        double value;
        try {
            value = Double.parseDouble(new String(line, i, end - i, StandardCharsets.ISO_8859_1));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
        return value >= 0 && value <= limit ? value : Double.NaN;
    }

    /** Whether the text has only characters of a decimal number: Java would take more, such as {@code 1f}. */
    private static boolean isDecimal(byte[] line, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = line[i];
            if ((b < '0' || b > '9') && b != '.' && b != '-' && b != '+' && b != 'e' && b != 'E') {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static int afterLabels(byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] != '{' && !isBlank(line[i])) {
            i++;
        }
        if (i == to || line[i] != '{') {
            return i;
        }
        boolean quoted = false;
        for (i++; i < to; i++) {
            byte b = line[i];
            if (quoted && b == '\\') {
                i++;
            } else if (b == '"') {
                quoted = !quoted;
            } else if (b == '}' && !quoted) {
                return i + 1;
            }
        }
        return to;
    }

    private void cacheConfig(byte[] line, int from, int to) {
        if (Double.isNaN(value(line, from, to, Double.MAX_VALUE))) {
            return;
        }
        Map<String, String> labels = labels(line, from, to);
        int size = wholeNumber(labels.get("block_size"), 1 << 20);
        int count = wholeNumber(labels.get("num_gpu_blocks"), (int) MAX_BLOCKS);
        if (size > 0) {
            blockTokens = size;
        }
        blocks = (int) Math.min(MAX_BLOCKS, (double) blocks + count);
    }

    private void lora(byte[] line, int from, int to) {
        double time = value(line, from, to, Double.MAX_VALUE);
        if (Double.isNaN(time) || time < loraTime) {
            return;
        }
        loraTime = time;
        Map<String, String> labels = labels(line, from, to);
        activeModels = adapters(labels.get("running_lora_adapters"));
        waitingModels = adapters(labels.get("waiting_lora_adapters"));
        maxActiveModels = wholeNumber(labels.get("max_lora"), (int) MAX_COUNT);
    }

    private static Map<String, Integer> adapters(@Nullable String list) {
        if (list == null || list.isBlank()) {
            return Map.of();
        }
        Map<String, Integer> counts = new HashMap<>();
        for (String name : list.split(",")) {
            if (!name.isBlank()) {
                String cut = name.strip();
                counts.merge(cut.length() <= MAX_LABEL ? cut : cut.substring(0, MAX_LABEL), 1, Integer::sum);
            }
        }
        return counts;
    }

    /** The label as a number in [0, limit]; 0 when it is missing or something else, such as {@code None}. */
    private static int wholeNumber(@Nullable String text, int limit) {
        if (text == null || text.isEmpty() || text.length() > 10) {
            return 0;
        }
        try {
            long value = Long.parseLong(text);
            return value >= 0 && value <= limit ? (int) value : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static Map<String, String> labels(byte[] line, int from, int to) {
        Map<String, String> labels = new HashMap<>();
        int i = from;
        while (i < to && line[i] != '{') {
            i++;
        }
        i++;
        while (i < to && line[i] != '}') {
            int nameStart = i;
            while (i < to && line[i] != '=') {
                i++;
            }
            if (i >= to) {
                break;
            }
            String name = new String(line, nameStart, i - nameStart, StandardCharsets.UTF_8).strip();
            i += 2;
            int valueStart = i;
            while (i < to && line[i] != '"') {
                i += line[i] == '\\' ? 2 : 1;
            }
            i = Math.min(i, to);
            labels.put(name, unescape(line, valueStart, Math.max(valueStart, i)));
            i++;
            while (i < to && (line[i] == ',' || isBlank(line[i]))) {
                i++;
            }
        }
        return labels;
    }

    private static String unescape(byte[] line, int from, int to) {
        if (from >= line.length || from >= to) {
            return "";
        }
        byte[] text = new byte[to - from];
        int length = 0;
        for (int i = from; i < to; i++) {
            byte b = line[i];
            if (b == '\\' && i + 1 < to) {
                b = line[++i] == 'n' ? (byte) '\n' : line[i];
            }
            text[length++] = b;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }
}
