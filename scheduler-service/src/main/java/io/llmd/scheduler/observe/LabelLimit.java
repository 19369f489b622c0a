package io.llmd.scheduler.observe;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps the number of different values of a label small: clients choose them. The first ones stay as they are, the others
 * become {@value #OTHER}. Safe from any thread.
 */
final class LabelLimit {

    static final String OTHER = "other";
    private static final int MAX_CHARACTERS = 128;

    private final int most;
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final Set<String> always = ConcurrentHashMap.newKeySet();

    /** At most {@code most} values besides those that always stay. */
    LabelLimit(int most) {
        this.most = most;
    }

    /** A name that the operator chose stays as it is, however many there are. */
    void keep(String name) {
        if (!always.contains(name)) {
            always.add(name);
        }
    }

    String bounded(String value) {
        if (known.contains(value) || always.contains(value)) {
            return value;
        }
        String label = readable(value);
        if (known.contains(label)) {
            return label;
        }
        if (known.size() >= most) {
            return OTHER;
        }
        known.add(label);
        return label;
    }

    /** Forgets a value, so that another one may take its place. */
    void forget(String value) {
        known.remove(readable(value));
    }

    /** As a label has it: not too long, and without halves of characters, which cannot be written as UTF-8. */
    static String readable(String value) {
        String cut = value.length() <= MAX_CHARACTERS ? value : value.substring(0, MAX_CHARACTERS);
        StringBuilder text = new StringBuilder(cut.length());
        cut.codePoints()
                .map(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? '?' : point)
                .forEach(text::appendCodePoint);
        return text.toString();
    }
}
