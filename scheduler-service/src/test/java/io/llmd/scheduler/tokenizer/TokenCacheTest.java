package io.llmd.scheduler.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.tokenizer.TokenizationListener.Store;
import org.junit.jupiter.api.Test;

class TokenCacheTest {

    private static final Digest A = Digest.of("a");
    private static final Digest B = Digest.of("b");
    private static final Digest C = Digest.of("c");

    @Test
    void whatWasNotUsedForLongestGoesWhenItGetsTooMuch() {
        TokenCache<int[]> cache = cache(10_000);
        cache.put(A, new int[225]);
        cache.put(B, new int[225]);
        assertThat(cache.bytes()).isEqualTo(2 * 1028);
        assertThat(cache.get(A)).isNotNull();
        for (int i = 0; i < 8; i++) {
            cache.put(Digest.of("other " + i), new int[225]);
        }
        assertThat(cache.get(A)).isNotNull();
        assertThat(cache.get(B)).isNull();
        assertThat(cache.bytes()).isEqualTo(9 * 1028);
    }

    @Test
    void aValueThatTakesMuchOfTheRoomIsNotKept() {
        TokenCache<int[]> cache = cache(10_000);
        cache.put(A, new int[281]);
        assertThat(cache.get(A)).isNull();
        cache.put(A, new int[280]);
        assertThat(cache.get(A)).isNotNull();
        assertThat(cache(0).bytes()).isZero();
    }

    @Test
    void aReplacedRemovedOrClearedValueGivesItsRoomBack() {
        TokenCache<int[]> cache = cache(10_000);
        cache.put(C, new int[100]);
        cache.put(C, new int[10]);
        assertThat(cache.bytes()).isEqualTo(168);
        cache.remove(C);
        cache.remove(C);
        assertThat(cache.bytes()).isZero();
        cache.put(C, new int[10]);
        cache.clear();
        assertThat(cache.bytes()).isZero();
        assertThat(cache.get(C)).isNull();
    }

    @Test
    void digestsTellKindsAndTextsApart() {
        assertThat(Digest.of("chat", new byte[] {1})).isNotEqualTo(Digest.of("text", new byte[] {1}));
        assertThat(Digest.of("a")).isEqualTo(A).isNotEqualTo(B);
    }

    private static TokenCache<int[]> cache(long maxBytes) {
        return new TokenCache<>(
                "tokens", Store.PIECES, maxBytes, tokens -> 4L * tokens.length, TokenizationListener.NONE);
    }
}
