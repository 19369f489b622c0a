package io.llmd.simulator.api;

import io.llmd.simulator.output.Choice;
import java.util.List;

/** An answer that is never streamed. */
@FunctionalInterface
public interface CompleteAnswer extends Answer {
    @Override
    default void open(StringBuilder out) {
        throw new IllegalStateException("not streamed");
    }

    @Override
    default void firstOutput(StringBuilder out, List<Choice> choices) {
        throw new IllegalStateException("not streamed");
    }

    @Override
    default void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        throw new IllegalStateException("not streamed");
    }

    @Override
    default void close(StringBuilder out, List<Choice> choices) {
        throw new IllegalStateException("not streamed");
    }
}
