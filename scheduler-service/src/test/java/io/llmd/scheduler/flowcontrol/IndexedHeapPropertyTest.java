package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The heap against a list that is sorted. */
class IndexedHeapPropertyTest {

    private static final class Element {
        private int key;
        private final int number;
        private int index = IndexedHeap.ABSENT;

        private Element(int key, int number) {
            this.key = key;
            this.number = number;
        }
    }

    private static final class Heap extends IndexedHeap<Element> {
        @Override
        protected boolean isBefore(Element a, Element b) {
            return a.key != b.key ? a.key < b.key : a.number < b.number;
        }

        @Override
        protected int index(Element element) {
            return element.index;
        }

        @Override
        protected void index(Element element, int index) {
            element.index = index;
        }
    }

    private static final Comparator<Element> ORDER =
            Comparator.<Element>comparingInt(element -> element.key).thenComparingInt(element -> element.number);

    @Property(tries = 300)
    void theFirstIsTheLeastWhateverIsAddedMovedAndRemoved(
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 0, max = 999) Integer> steps) {
        Heap heap = new Heap();
        List<Element> model = new ArrayList<>();
        int number = 0;
        for (int step : steps) {
            int key = step / 4 % 20;
            if (step % 4 < 2 || model.isEmpty()) {
                Element element = new Element(key, number++);
                heap.add(element);
                model.add(element);
            } else if (step % 4 == 2) {
                Element element = model.remove(step % model.size());
                heap.remove(element);
                heap.remove(element);
                assertThat(heap.contains(element)).isFalse();
            } else {
                Element element = model.get(step % model.size());
                element.key = key;
                heap.moved(element);
            }
            assertThat(heap.size()).isEqualTo(model.size());
            assertThat(heap.first()).isSameAs(model.stream().min(ORDER).orElse(null));
        }
        model.forEach(element -> element.key = -element.key);
        heap.reordered();
        model.sort(ORDER);
        for (Element element : model) {
            assertThat(heap.first()).isSameAs(element);
            heap.remove(element);
        }
        assertThat(heap.isEmpty()).isTrue();
    }
}
