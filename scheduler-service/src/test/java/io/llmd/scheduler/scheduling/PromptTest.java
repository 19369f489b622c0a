package io.llmd.scheduler.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PromptTest {

    @Test
    void exactTokensComeBackAsTheyWere() {
        Prompt prompt = Prompt.exact(new int[] {1, 300, -2}, List.of(new MediaFeature("cat", 1, 2)));
        assertThat(prompt.tokenIds()).containsExactly(1, 300, -2);
        assertThat(prompt.tokens()).isEqualTo(3);
        assertThat(prompt.bytes()).startsWith(1, 0, 0, 0, 44, 1, 0, 0);
        assertThat(prompt.isExact()).isTrue();
        assertThat(prompt.media()).containsExactly(new MediaFeature("cat", 1, 2));
    }

    @Test
    void anEstimateHasNoIdsAndNoMedia() {
        Prompt estimate = new Prompt(new byte[8], 8);
        assertThat(estimate.isExact()).isFalse();
        assertThatThrownBy(estimate::tokenIds).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new Prompt(new byte[8], 8, false, List.of(new MediaFeature("cat", 0, 1))))
                .hasMessageContaining("within 0 exact tokens");
    }

    @Test
    void mediaLieWithinTheTokens() {
        assertThatThrownBy(() -> Prompt.exact(new int[2], List.of(new MediaFeature("cat", 1, 2))))
                .hasMessage("media: 2 tokens at 1 (expected: within 2 exact tokens)");
        assertThatThrownBy(() -> new MediaFeature("cat", 0, 0)).hasMessageContaining("at least 1 token");
    }

    @Test
    void aPlaceOverlapsTheBlocksThatItTouches() {
        MediaFeature media = new MediaFeature("cat", 4, 4);
        assertThat(media.overlaps(0, 4)).isFalse();
        assertThat(media.overlaps(0, 5)).isTrue();
        assertThat(media.overlaps(7, 1)).isTrue();
        assertThat(media.overlaps(8, 4)).isFalse();
    }
}
