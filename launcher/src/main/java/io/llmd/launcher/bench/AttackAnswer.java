package io.llmd.launcher.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What came back on a connection.
 *
 * @param status of the first answer; 0 without any
 * @param text all that came, head and body, of all answers
 * @param isClosed whether the other side closed the connection within the time allowed
 */
record AttackAnswer(int status, String text, boolean isClosed) {

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3})");
    private static final Pattern LENGTH = Pattern.compile("content-length: *(\\d+)");
    private static final int MOST = 1 << 20;

    /** Reads one answer, as its length says, and looks whether the connection is closed after it. */
    static AttackAnswer read(InputStream in, int graceMillis, TimeLimit limit) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        boolean isClosed = false;
        limit.millis(graceMillis * 10);
        try {
            while (all.size() < MOST) {
                int count = in.read(buffer);
                if (count < 0) {
                    isClosed = true;
                    break;
                }
                all.write(buffer, 0, count);
                if (isComplete(all.toString(StandardCharsets.ISO_8859_1))) {
                    limit.millis(graceMillis);
                }
            }
        } catch (SocketTimeoutException e) {
            isClosed = false;
        } catch (IOException e) {
            // Reset by the other side, which is closed, too.
            isClosed = true;
        }
        String text = all.toString(StandardCharsets.ISO_8859_1);
        Matcher status = STATUS.matcher(text);
        return new AttackAnswer(status.find() ? Integer.parseInt(status.group(1)) : 0, text, isClosed);
    }

    /** Sets how long the next reading may wait. */
    @FunctionalInterface
    interface TimeLimit {
        void millis(int millis) throws IOException;
    }

    private static boolean isComplete(String text) {
        int head = text.indexOf("\r\n\r\n");
        Matcher length = LENGTH.matcher(text.substring(0, Math.max(0, head)).toLowerCase(Locale.ROOT));
        return head >= 0
                && (length.find()
                        ? text.length() >= head + 4 + Integer.parseInt(length.group(1))
                        : text.endsWith("0\r\n\r\n"));
    }

    /** Number of answers. */
    long answers() {
        return STATUS.matcher(text).results().count();
    }

    /** Error code in the body, or "". */
    String code() {
        Matcher code = Pattern.compile("\"code\":\"([a-z_]+)\"").matcher(text);
        return code.find() ? code.group(1) : "";
    }

    boolean hasHeader(String name) {
        return text.toLowerCase(Locale.ROOT).contains("\r\n" + name + ":");
    }

    /** Value of a header of the first answer; "" without it. */
    String header(String name) {
        Matcher header = Pattern.compile("\r\n" + name + ": *([^\r]*)", Pattern.CASE_INSENSITIVE)
                .matcher(text);
        return header.find() ? header.group(1) : "";
    }

    /** As {@code 400 invalid_json}. */
    String statusAndCode() {
        return code().isEmpty() ? Integer.toString(status) : status + " " + code();
    }
}
