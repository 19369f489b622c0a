package io.llmd.simulator.api;

import io.llmd.simulator.output.Choice;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** How one API writes results. Called on the event loop of the connection. */
public interface Answer {

    /** The body of a complete answer. */
    JsonNode body(List<Choice> choices);

    /** Appends the events that open a stream, before anything is computed. */
    void open(StringBuilder out);

    /** Appends the events due when the first output of any choice arrives. */
    void firstOutput(StringBuilder out, List<Choice> choices);

    /**
     * Appends the event with new text of a choice.
     *
     * @param from first new token
     * @param last whether the choice ends with it
     */
    void output(StringBuilder out, Choice choice, int from, String text, boolean last);

    /**
     * Appends the events that end a stream in which something went wrong.
     *
     * @return false if nothing tells of it, and the connection is cut
     */
    default boolean fail(StringBuilder out, ApiException error) {
        String param = error.param();
        out.append("data: {\"error\": {\"message\": ")
                .append(Json.quoted(error.text()))
                .append(", \"type\": ")
                .append(Json.quoted(error.type()))
                .append(", \"param\": ")
                .append(param == null ? "null" : Json.quoted(param))
                .append(", \"code\": ")
                .append(error.status())
                .append("}}\n\ndata: [DONE]\n\n");
        return true;
    }

    /** The body of an error in the place of a complete answer; absent if it has the usual shape. */
    default @Nullable JsonNode refusal(ApiException error) {
        return null;
    }

    /** Appends the events that end a stream. */
    void close(StringBuilder out, List<Choice> choices);
}
