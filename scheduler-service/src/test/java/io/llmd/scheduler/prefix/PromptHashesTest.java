package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptHashesTest {

    private static final int[] IDS = {1, 2, 3, 4, 9, 9, 5, 6, 7, 8, 7, 8};

    @Test
    void equalPlaceholdersOfDifferentImagesDifferFromTheirBlockOn() {
        long[] cat = hashes(List.of(new MediaFeature("cat", 4, 2)));
        long[] dog = hashes(List.of(new MediaFeature("dog", 4, 2)));
        assertThat(cat)
                .isEqualTo(hashes(List.of(new MediaFeature("cat", 4, 2))))
                .hasSize(3);
        assertThat(cat[0]).isEqualTo(dog[0]).isEqualTo(hashes(List.of())[0]);
        assertThat(cat[1]).isNotEqualTo(dog[1]).isNotEqualTo(hashes(List.of())[1]);
        assertThat(cat[2]).isNotEqualTo(dog[2]);
    }

    @Test
    void theOrderOfImagesInOneBlockMatters() {
        MediaFeature cat = new MediaFeature("cat", 4, 1);
        MediaFeature dog = new MediaFeature("dog", 5, 1);
        assertThat(hashes(List.of(cat, dog))[1])
                .isNotEqualTo(hashes(List.of(new MediaFeature("dog", 4, 1), new MediaFeature("cat", 5, 1)))[1]);
    }

    private static long[] hashes(List<MediaFeature> media) {
        InferenceRequest request = EndpointFixture.request();
        InferenceRequest exact = request.withBody(request.body().withPrompts(List.of(Prompt.exact(IDS, media))));
        return new PromptHashes(exact, 0, 0).hashes(4)[0];
    }
}
