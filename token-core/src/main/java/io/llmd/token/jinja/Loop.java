package io.llmd.token.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop} of a loop. */
final class Loop {
    private final List<Object> elements;
    private int index = -1;

    Loop(List<Object> elements) {
        this.elements = elements;
    }

    void advance() {
        index++;
    }

    @Nullable
    Object attribute(String name) {
        long size = elements.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> size - index;
            case "revindex0" -> size - index - 1;
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> size;
            case "depth" -> 1L;
            case "depth0" -> 0L;
            case "previtem" -> index > 0 ? elements.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index < size - 1 ? elements.get(index + 1) : new Undefined("there is no next item");
            case "cycle" -> (Function) (positional, named) -> positional.get(index % positional.size());
            default -> null;
        };
    }
}
