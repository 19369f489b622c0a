package io.llmd.simulator.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.MediaKey;
import io.llmd.simulator.engine.TransferModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddingReaderTest {
    private static final SideChannelResponse DONE = new SideChannelResponse.Done();
    private static final SideChannelResponse GONE = new SideChannelResponse.Refused("gone");

    private final List<SideChannelRequest> asked = new ArrayList<>();
    private final List<SideChannel.Answered> waiting = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private final EmbeddingReader reader = new EmbeddingReader(
            new TransferModel(100, 10, 1e9, 0),
            2,
            (holder, request, then) -> {
                asked.add(request);
                waiting.add(then);
            },
            new EmbeddingReader.Outcomes() {
                @Override
                public void arrived(MediaKey item) {
                    outcomes.add(item.hash());
                }

                @Override
                public void ready(long requestId) {
                    outcomes.add("ready " + requestId);
                }
            });

    private static EmbeddingOffer offer(String hash) {
        return new EmbeddingOffer(new MediaKey(hash, 0, 16), new Address("e", 1), 1000);
    }

    @Test
    void requestIsReadyWhenItsLastItemHasCome() {
        reader.expect(7, List.of(offer("a"), offer("b")));
        waiting.get(0).accept(DONE, 0);
        waiting.get(1).accept(DONE, 5000);
        assertThat(reader.nextEventTime()).isEqualTo(220);
        reader.advance(2220);
        assertThat(outcomes).containsExactly("a");
        reader.advance(7220);
        assertThat(outcomes).containsExactly("a", "b", "ready 7");
        assertThat(reader.nextEventTime()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void itemThatDoesNotComeIsNotWaitedFor() {
        reader.expect(7, List.of(offer("a")));
        waiting.getFirst().accept(GONE, 0);
        assertThat(outcomes).containsExactly("ready 7");
    }

    @Test
    void requestsForTheSameItemShareItsTransfer() {
        reader.expect(1, List.of(offer("a")));
        reader.expect(2, List.of(offer("a"), offer("b")));
        assertThat(asked).containsExactly(new SideChannelRequest.Fetch("a"), new SideChannelRequest.Fetch("b"));
        waiting.get(1).accept(GONE, 0);
        waiting.get(0).accept(DONE, 0);
        reader.advance(2220);
        assertThat(outcomes).containsExactly("a", "ready 1", "ready 2");
        reader.expect(3, List.of(offer("a")));
        assertThat(asked).hasSize(3);
    }
}
