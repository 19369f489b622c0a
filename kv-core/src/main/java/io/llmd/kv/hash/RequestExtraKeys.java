package io.llmd.kv.hash;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What tells the blocks of one request apart from those of another with the same tokens: the adapter's name enters every
 * block, a media item those that its placeholder touches, the cache salt the first.
 *
 * @param adapter null for the base model
 * @param media ordered by position
 * @param cacheSalt null or empty without one
 */
public record RequestExtraKeys(
        ExtraKey.@Nullable Adapter adapter,
        List<MediaSpan> media,
        @Nullable String cacheSalt,
        MediaKeyForm mediaKeyForm) {

    public static final RequestExtraKeys NONE =
            new RequestExtraKeys(null, List.of(), null, MediaKeyForm.IDENTIFIER_AND_OFFSET);

    public RequestExtraKeys {
        media = List.copyOf(media);
    }

    public static RequestExtraKeys of(ExtraKey.@Nullable Adapter adapter, @Nullable String cacheSalt) {
        return new RequestExtraKeys(adapter, List.of(), cacheSalt, MediaKeyForm.IDENTIFIER_AND_OFFSET);
    }

    /** A request of the base model. */
    public static RequestExtraKeys withoutAdapter(List<MediaSpan> media, @Nullable String cacheSalt) {
        return new RequestExtraKeys(null, media, cacheSalt, MediaKeyForm.IDENTIFIER_AND_OFFSET);
    }

    /** A request of an adapter. */
    public static RequestExtraKeys withAdapter(
            ExtraKey.Adapter adapter, List<MediaSpan> media, @Nullable String cacheSalt) {
        return new RequestExtraKeys(adapter, media, cacheSalt, MediaKeyForm.IDENTIFIER_AND_OFFSET);
    }

    /**
     * The extra keys of one block; allocates nothing for a block that has none.
     *
     * @param firstToken position of the block's first token in the prompt
     */
    public ExtraKeys forBlock(int firstToken, int blockTokens) {
        boolean isSalted = cacheSalt != null && !cacheSalt.isEmpty() && firstToken == 0;
        if (adapter == null && media.isEmpty() && !isSalted) {
            return ExtraKeys.NONE;
        }
        List<ExtraKey> keys = new ArrayList<>();
        if (adapter != null) {
            keys.add(adapter);
        }
        for (MediaSpan span : media) {
            if (span.overlaps(firstToken, blockTokens)) {
                keys.add(mediaKey(span, firstToken));
            }
        }
        if (cacheSalt != null && isSalted) {
            keys.add(new ExtraKey.CacheSalt(cacheSalt));
        }
        return keys.isEmpty() ? ExtraKeys.NONE : new ExtraKeys(keys);
    }

    private ExtraKey mediaKey(MediaSpan span, int firstToken) {
        return switch (mediaKeyForm) {
            case IDENTIFIER -> new ExtraKey.MediaIdentifier(span.identifier());
            case IDENTIFIER_AND_OFFSET -> new ExtraKey.MediaItem(span.identifier(), span.firstToken() - firstToken);
        };
    }
}
