package io.llmd.kv.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RequestExtraKeysTest {

    private static final ExtraKey.Adapter ADAPTER = new ExtraKey.Adapter("sql-adapter", "/adapters/sql");

    @Test
    void plainRequestHasNoKeys() {
        assertThat(RequestExtraKeys.NONE.forBlock(0, 16)).isSameAs(ExtraKeys.NONE);
    }

    @Test
    void saltIsInTheFirstBlockOnly() {
        RequestExtraKeys keys = RequestExtraKeys.of(null, "tenant-a");
        assertThat(keys.forBlock(0, 16).keys()).containsExactly(new ExtraKey.CacheSalt("tenant-a"));
        assertThat(keys.forBlock(16, 16)).isSameAs(ExtraKeys.NONE);
    }

    @Test
    void emptySaltIsNone() {
        assertThat(RequestExtraKeys.of(null, "").forBlock(0, 16)).isSameAs(ExtraKeys.NONE);
    }

    @Test
    void adapterIsInEveryBlock() {
        RequestExtraKeys keys = RequestExtraKeys.of(ADAPTER, null);
        assertThat(keys.forBlock(0, 16).keys()).containsExactly(ADAPTER);
        assertThat(keys.forBlock(16000, 16).keys()).containsExactly(ADAPTER);
    }

    @Test
    void mediaItemIsInTheBlocksThatItsPlaceholderTouches() {
        RequestExtraKeys keys = media(new MediaSpan("m", 6, 4));
        assertThat(keys.forBlock(0, 4)).isSameAs(ExtraKeys.NONE);
        assertThat(keys.forBlock(4, 4).keys()).containsExactly(new ExtraKey.MediaItem("m", 2));
        assertThat(keys.forBlock(8, 4).keys()).containsExactly(new ExtraKey.MediaItem("m", -2));
        assertThat(keys.forBlock(12, 4)).isSameAs(ExtraKeys.NONE);
    }

    @Test
    void placeholderThatEndsWithABlockDoesNotTouchTheNext() {
        RequestExtraKeys keys = media(new MediaSpan("m", 0, 4));
        assertThat(keys.forBlock(0, 4).keys()).hasSize(1);
        assertThat(keys.forBlock(4, 4)).isSameAs(ExtraKeys.NONE);
    }

    @Test
    void mediaItemsKeepTheirOrder() {
        RequestExtraKeys keys = media(new MediaSpan("m", 0, 2), new MediaSpan("n", 2, 2));
        assertThat(keys.forBlock(0, 4).keys())
                .containsExactly(new ExtraKey.MediaItem("m", 0), new ExtraKey.MediaItem("n", 2));
    }

    @Test
    void spanWithoutTokensIsRejected() {
        assertThatThrownBy(() -> new MediaSpan("m", 3, 0))
                .hasMessage("media span: 0 tokens at 3 (expected: > 0 tokens at >= 0)");
    }

    private static RequestExtraKeys media(MediaSpan... spans) {
        return new RequestExtraKeys(null, List.of(spans), null, MediaKeyForm.IDENTIFIER_AND_OFFSET);
    }
}
