package io.llmd.scheduler.flowcontrol;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A heap whose elements know their place, so that any of them can be removed or moved in O(log n). Each element is in at
 * most one heap of a kind. Not thread-safe.
 *
 * @param <T> element
 */
public abstract class IndexedHeap<T> {

    /** Place of an element that is not in the heap. */
    public static final int ABSENT = -1;

    /*
     * Four children per node: half the levels of a binary heap, and the children share a cache line. Grows by half and
     * shrinks when a quarter is used, so that a burst does not hold memory for ever.
     */
    private static final int FIRST_CAPACITY = 8;

    private @Nullable Object[] elements = new Object[FIRST_CAPACITY];
    private int size;

    /** Whether {@code a} leaves before {@code b}. */
    protected abstract boolean isBefore(T a, T b);

    /** Place of the element as {@link #index(Object, int)} noted it last. */
    protected abstract int index(T element);

    /** Notes the place of the element. */
    protected abstract void index(T element, int index);

    /** Number of elements. */
    public final int size() {
        return size;
    }

    /** Whether there is no element. */
    public final boolean isEmpty() {
        return size == 0;
    }

    /** The first element, null when there is none. */
    public final @Nullable T first() {
        return size == 0 ? null : at(0);
    }

    @SuppressWarnings("unchecked") // elements come from add alone, and places below size are filled
    private T at(int index) {
        Object element = elements[index];
        assert element != null;
        return (T) element;
    }

    /** Adds an element that is in no heap of this kind. */
    public final void add(T element) {
        if (size == elements.length) {
            elements = Arrays.copyOf(elements, size + Math.max(size >> 1, FIRST_CAPACITY));
        }
        size++;
        up(size - 1, element);
    }

    /** Whether the element is in the heap. */
    public final boolean contains(T element) {
        return index(element) != ABSENT;
    }

    /** Removes the element; does nothing when it is not in the heap. */
    public final void remove(T element) {
        int index = index(element);
        if (index == ABSENT) {
            return;
        }
        index(element, ABSENT);
        size--;
        T last = at(size);
        elements[size] = null;
        if (last != element) {
            place(index, last);
        }
        if (elements.length > FIRST_CAPACITY && size < elements.length >> 2) {
            elements = Arrays.copyOf(elements, elements.length >> 1);
        }
    }

    /** Finds the place of an element anew after its rank has changed. */
    public final void moved(T element) {
        place(index(element), element);
    }

    /** Orders all elements anew after their ranks have changed. O(n). */
    public final void reordered() {
        for (int i = (size - 2) >> 2; i >= 0; i--) {
            down(i, at(i));
        }
        for (int i = 0; i < size; i++) {
            index(at(i), i);
        }
    }

    /** Hands out all elements in no order. */
    public final void forEach(Consumer<T> action) {
        for (int i = 0; i < size; i++) {
            action.accept(at(i));
        }
    }

    private void place(int index, T element) {
        if (index > 0 && isBefore(element, at((index - 1) >> 2))) {
            up(index, element);
        } else {
            down(index, element);
        }
    }

    private void up(int from, T element) {
        int index = from;
        while (index > 0) {
            int parent = (index - 1) >> 2;
            T other = at(parent);
            if (!isBefore(element, other)) {
                break;
            }
            set(index, other);
            index = parent;
        }
        set(index, element);
    }

    private void down(int from, T element) {
        int index = from;
        int child = firstOfChildren(index);
        while (child >= 0 && isBefore(at(child), element)) {
            set(index, at(child));
            index = child;
            child = firstOfChildren(index);
        }
        set(index, element);
    }

    private int firstOfChildren(int parent) {
        int first = (parent << 2) + 1;
        if (first >= size) {
            return ABSENT;
        }
        int best = first;
        int end = Math.min(first + 4, size);
        for (int child = first + 1; child < end; child++) {
            if (isBefore(at(child), at(best))) {
                best = child;
            }
        }
        return best;
    }

    private void set(int index, T element) {
        elements[index] = element;
        index(element, index);
    }
}
