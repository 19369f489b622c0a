package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.MediaFeature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads {@code features} of vLLM's token-in API: per kind of media a list of hashes in {@code mm_hashes} and one of places in
 * {@code mm_placeholders}, which belong together by their order. Used by one thread.
 */
public final class MediaFeatures {

    private record Place(int offset, int length) {}

    private final Map<String, List<String>> hashes = new LinkedHashMap<>();
    private final Map<String, List<Place>> places = new LinkedHashMap<>();
    private boolean isMalformed;

    /** Nothing read yet. */
    public MediaFeatures() {}

    /** Reads the object that the parser stands at; anything else, such as null, is no media. */
    public void read(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            parser.nextToken();
            switch (name) {
                case "mm_hashes" ->
                    lists(parser, kind -> {
                        if (parser.currentToken() == JsonToken.VALUE_STRING) {
                            hashes.computeIfAbsent(kind, any -> new ArrayList<>())
                                    .add(parser.getString());
                        } else {
                            isMalformed = true;
                            parser.skipChildren();
                        }
                    });
                case "mm_placeholders" ->
                    lists(
                            parser,
                            kind -> places.computeIfAbsent(kind, any -> new ArrayList<>())
                                    .add(place(parser)));
                default -> parser.skipChildren();
            }
        }
    }

    private interface Element {
        void read(String kind);
    }

    private void lists(JsonParser parser, Element element) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            isMalformed |= parser.currentToken() != JsonToken.VALUE_NULL;
            parser.skipChildren();
            return;
        }
        for (String kind = parser.nextName(); kind != null; kind = parser.nextName()) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                isMalformed = true;
                parser.skipChildren();
                continue;
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                element.read(kind);
            }
        }
    }

    private Place place(JsonParser parser) {
        int offset = -1;
        int length = -1;
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                JsonToken value = parser.nextToken();
                boolean isNumber =
                        value == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() == JsonParser.NumberType.INT;
                switch (name) {
                    case "offset" -> offset = isNumber ? parser.getIntValue() : -1;
                    case "length" -> length = isNumber ? parser.getIntValue() : -1;
                    default -> {}
                }
                parser.skipChildren();
            }
        } else {
            parser.skipChildren();
        }
        isMalformed |= offset < 0 || length < 1;
        return new Place(offset, length);
    }

    /** Hashes of all media, in the order in which they came. */
    List<String> identifiers() {
        List<String> all = new ArrayList<>();
        hashes.values().forEach(all::addAll);
        return all;
    }

    /**
     * The media by their offset.
     *
     * @param tokens number of tokens that they lie among
     * @return null when hashes and places do not belong together or a place is not among the tokens
     */
    public @Nullable List<MediaFeature> among(int tokens) {
        if (isMalformed || !hashes.keySet().equals(places.keySet())) {
            return null;
        }
        List<MediaFeature> features = new ArrayList<>();
        for (Map.Entry<String, List<String>> kind : hashes.entrySet()) {
            List<Place> of = places.getOrDefault(kind.getKey(), List.of());
            if (of.size() != kind.getValue().size()) {
                return null;
            }
            for (int i = 0; i < of.size(); i++) {
                Place place = of.get(i);
                if (place.offset() + (long) place.length() > tokens) {
                    return null;
                }
                features.add(new MediaFeature(kind.getValue().get(i), place.offset(), place.length()));
            }
        }
        features.sort(Comparator.comparingInt(MediaFeature::offset));
        return features;
    }
}
