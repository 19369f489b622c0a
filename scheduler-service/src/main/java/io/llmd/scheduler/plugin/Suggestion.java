package io.llmd.scheduler.plugin;

import java.util.Collection;
import java.util.Locale;

/** Finds what somebody may have meant who misspelt a name. */
final class Suggestion {

    private static final int CHARACTERS_PER_SLIP = 4;

    private Suggestion() {}

    /** {@code "; did you mean x?"}, empty when no name is near. */
    static String of(String given, Collection<String> names) {
        String best = "";
        int fewest = 1 + Math.max(1, given.length() / CHARACTERS_PER_SLIP);
        for (String name : names) {
            int slips = distance(given.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT), fewest);
            if (slips < fewest) {
                fewest = slips;
                best = name;
            }
        }
        return best.isEmpty() ? "" : "; did you mean " + best + "?";
    }

    /** Characters to be inserted, removed or replaced to turn one into the other; {@code enough} or more is not counted on. */
    private static int distance(String a, String b, int enough) {
        if (Math.abs(a.length() - b.length()) >= enough) {
            return enough;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
