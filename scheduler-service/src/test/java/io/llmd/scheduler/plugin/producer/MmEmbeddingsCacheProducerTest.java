package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.requestWithMedia;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.HeardEvents;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.prefix.MediaIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MmEmbeddingsCacheProducerTest {

    private final HeardEvents events = new HeardEvents();

    private final MediaIndex index = new MediaIndex();
    private final Candidates pool = idle("a", "b");

    MmEmbeddingsCacheProducerTest() {
        index.added(pool.get(0).metadata());
        index.added(pool.get(1).metadata());
    }

    @Test
    void mediaAreKnownWhereTheyWereSent() {
        MmEmbeddingsCacheProducer producer = producer("");
        serve(producer, requestWithMedia(1, 2), 0);
        assertThat(ratio(producer, requestWithMedia(1, 2), 0)).isEqualTo(1);
        assertThat(ratio(producer, requestWithMedia(1, 3), 0)).isEqualTo(0.5);
        assertThat(ratio(producer, requestWithMedia(1, 2), 1)).isEqualTo(0);
    }

    @Test
    void theOldestIsForgottenWhenTheCacheIsFull() {
        MmEmbeddingsCacheProducer producer = producer("cacheSizeInMBPerServer: 5");
        serve(producer, requestWithMedia(1), 0);
        serve(producer, requestWithMedia(2), 0);
        serve(producer, requestWithMedia(3), 0);
        assertThat(ratio(producer, requestWithMedia(1), 0)).isEqualTo(0);
        assertThat(ratio(producer, requestWithMedia(2, 3), 0)).isEqualTo(1);
    }

    @Test
    void aSmallerCacheForgetsWhatNoLongerFits() {
        serve(producer(""), requestWithMedia(1, 2, 3), 0);
        serve(producer("cacheSizeInMBPerServer: 4"), requestWithMedia(3), 0);
        assertThat(ratio(producer(""), requestWithMedia(1), 0)).isEqualTo(0);
        assertThat(ratio(producer(""), requestWithMedia(2, 3), 0)).isEqualTo(1);
    }

    @Test
    void anEndpointThatIsGoneOrStartsAnewIsForgotten() {
        MmEmbeddingsCacheProducer producer = producer("");
        serve(producer, requestWithMedia(1), 0);
        index.restarted(pool.get(0).metadata());
        assertThat(ratio(producer, requestWithMedia(1), 0)).isEqualTo(0);
        index.removed(pool.get(0).metadata());
        serve(producer, requestWithMedia(1), 0);
        assertThat(ratio(producer, requestWithMedia(1), 0)).isEqualTo(0);
    }

    @Test
    void aPromptWithoutMediaProducesNothing() {
        MmEmbeddingsCacheProducer producer = producer("");
        serve(producer, request(), 0);
        assertThat(matches(producer, request())).isNull();
    }

    @Test
    void aSizeThatHoldsNoItemIsRefused() {
        assertThatThrownBy(() -> producer("cacheSizeInMBPerServer: 1"))
                .hasMessageContaining("1 (expected: 2 to 2097152)");
    }

    @Test
    void whatTheChosenEndpointHeldBeforeIsTold() {
        MmEmbeddingsCacheProducer producer = producer("");
        serve(producer, requestWithMedia(1, 2), 0);
        serve(producer, requestWithMedia(1, 3, 4), 0);
        serve(producer, requestWithMedia(1), 1);
        serve(producer, request(), 1);
        assertThat(events.heard).containsExactly("media ns/a 0 of 2", "media ns/a 1 of 3", "media ns/b 0 of 1");
    }

    private void serve(MmEmbeddingsCacheProducer producer, InferenceRequest request, int position) {
        Picked picked = new Picked(List.of(pool.get(position)), List.of(position));
        producer.scheduled(request, pool, new Scheduled("p", Map.of("p", picked)), new Dispatch(1));
    }

    private static double ratio(MmEmbeddingsCacheProducer producer, InferenceRequest request, int position) {
        MediaMatches matches = matches(producer, request);
        assertThat(matches).isNotNull();
        return matches.ratio(position);
    }

    private static @Nullable MediaMatches matches(MmEmbeddingsCacheProducer producer, InferenceRequest request) {
        Candidates candidates = idle("a", "b");
        producer.produce(request, candidates);
        return candidates.data(DataKeys.mediaMatches("media"));
    }

    private MmEmbeddingsCacheProducer producer(String parameters) {
        return new MmEmbeddingsCacheProducer(
                "media", ParameterBinder.bind(MmEmbeddingsCacheProducer.Params.class, parameters), index, events);
    }
}
