package io.llmd.scheduler.scheduling;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CandidatesTest {

    private final Candidates candidates = idle("a", "b", "c");

    @Test
    void aViewKeepsTheSlotsAndSharesTheColumns() {
        Candidates view = candidates.where(i -> i > 0);
        assertThat(names(view)).containsExactly("b", "c");
        assertThat(view.slot(0)).isEqualTo(1);
        view.put(key("p"), "written");
        assertThat(candidates.data(key("p"))).isEqualTo("written");
        assertThatThrownBy(() -> view.slot(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void manyColumnsAreKeptApartAndCanBeTakenBack() {
        for (int i = 0; i < 20; i++) {
            candidates.put(key("p" + i), "v" + i);
        }
        candidates.put(key("p3"), "changed");
        candidates.remove(key("p0"));
        candidates.remove(key("nobody"));
        assertThat(candidates.data(key("p0"))).isNull();
        assertThat(candidates.data(key("p3"))).isEqualTo("changed");
        assertThat(candidates.data(key("p19"))).isEqualTo("v19");
    }

    @Test
    void ofAnyProducerTheFirstOfTheAlphabetIsBelieved() {
        candidates.put(key("z"), "last");
        candidates.put(key("b"), "first");
        assertThat(candidates.dataOfAnyProducer("T", String.class)).isEqualTo("first");
        assertThat(candidates.dataOfAnyProducer("T", Integer.class)).isNull();
        assertThat(candidates.dataOfAnyProducer("U", String.class)).isNull();
    }

    @Test
    void poolsOfAnySizeHaveSlotsFromZeroOn() {
        for (int size : new int[] {0, 1, 127, 128, 129, 1000}) {
            Candidates pool = Candidates.of(new Endpoint[size]);
            assertThat(pool.size()).isEqualTo(size);
            for (int i = 0; i < size; i++) {
                assertThat(pool.slot(i)).isEqualTo(i);
            }
        }
    }

    private static DataKey<String> key(String producer) {
        return new DataKey<>("T", producer, String.class);
    }
}
