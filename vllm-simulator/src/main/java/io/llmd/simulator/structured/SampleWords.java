package io.llmd.simulator.structured;

import java.time.LocalDate;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Texts for strings of a schema. */
final class SampleWords {
    private static final String[] WORDS =
            "river stone lantern harbor meadow copper winter garden bridge falcon signal timber orchard canyon velvet"
                    .split(" ");

    private SampleWords() {}

    /** Words of a length in bounds. */
    static String text(int min, int max, Draws draws) {
        StringBuilder text = new StringBuilder(word(draws));
        while (text.length() < min) {
            text.append(' ').append(word(draws));
        }
        if (text.length() > max) {
            text.setLength(max);
        }
        return text.toString();
    }

    /** A text of a named format; null for a format that is not known. */
    static @Nullable String formatted(String format, Draws draws) {
        return switch (format) {
            case "date" -> date(draws);
            case "time" -> time(draws);
            case "date-time" -> date(draws) + "T" + time(draws);
            case "duration" -> "PT" + draws.nextInt(1, 60) + "M";
            case "email" -> word(draws) + "@example.com";
            case "hostname" -> word(draws) + ".example.com";
            case "uri", "url", "uri-reference" -> "https://example.com/" + word(draws);
            case "ipv4" -> "192.0.2." + draws.nextInt(1, 255);
            case "ipv6" -> "2001:db8::" + Integer.toHexString(draws.nextInt(1, 65_536));
            case "uuid" -> uuid(draws);
            default -> null;
        };
    }

    private static String word(Draws draws) {
        return WORDS[draws.nextInt(WORDS.length)];
    }

    private static String date(Draws draws) {
        return LocalDate.of(2024, 1, 1).plusDays(draws.nextInt(1000)).toString();
    }

    private static String time(Draws draws) {
        return "%02d:%02d:%02dZ".formatted(draws.nextInt(24), draws.nextInt(60), draws.nextInt(60));
    }

    private static String uuid(Draws draws) {
        long version = draws.nextLong() & ~0xF000L | 0x4000L;
        long variant = draws.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new UUID(version, variant).toString();
    }
}
