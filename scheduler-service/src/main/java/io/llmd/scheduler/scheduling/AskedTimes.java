package io.llmd.scheduler.scheduling;

import java.util.Locale;

/**
 * The times that one request is held to, and who asks for them.
 *
 * @param objectives in milliseconds
 * @param isOwn whether the request asks for them itself; else a plugin's parameters do
 * @param answers that the request gets at the same time, at least 1
 */
public record AskedTimes(LatencyObjectives objectives, boolean isOwn, int answers) {

    /** Nobody asks for anything. */
    public static final AskedTimes NOTHING = new AskedTimes(LatencyObjectives.NONE, false, 1);

    /** As in {@code first token within 1,200 ms, 50.0 ms a token, as the request asks}. */
    public String text() {
        StringBuilder text = new StringBuilder();
        if (objectives.timeToFirstTokenMillis() > 0) {
            text.append(String.format(Locale.ROOT, "first token within %,.0f ms", objectives.timeToFirstTokenMillis()));
        }
        if (objectives.timePerOutputTokenMillis() > 0) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append(String.format(Locale.ROOT, "%,.1f ms a token", objectives.timePerOutputTokenMillis()));
        }
        return text.append(isOwn ? ", as the request asks" : ", as the configuration asks where a request does not")
                .toString();
    }
}
