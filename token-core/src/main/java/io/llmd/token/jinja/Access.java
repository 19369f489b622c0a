package io.llmd.token.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attributes, items and slices of values. Nothing of Java is reachable. */
final class Access {
    private Access() {}

    /** {@code object.name}: a method or attribute, else an item. */
    static Object attribute(Object object, String name) {
        Object own = own(object, name);
        return own != null ? own : item(object, name);
    }

    private static @Nullable Object own(Object object, String name) {
        return switch (object) {
            case Undefined undefined -> throw undefined.error();
            case String text -> StringMethods.of(text, name);
            case List<?> list -> CollectionMethods.of(list, name);
            case Map<?, ?> map -> CollectionMethods.of(map, name);
            case Namespace namespace -> namespace.attributes().get(name);
            case Loop loop -> loop.attribute(name);
            default -> null;
        };
    }

    /** {@code object[key]}: an item, else an attribute of that name. */
    static Object item(Object object, Object key) {
        switch (object) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> map
            when map.containsKey(key) -> {
                return Values.of(map.get(key));
            }
            case List<?> list
            when Values.isInteger(key) -> {
                long index = index(Values.integer(key), list.size());
                if (index >= 0 && index < list.size()) {
                    return Values.of(list.get((int) index));
                }
            }
            case String text
            when Values.isInteger(key) -> {
                int length = Values.length(text);
                long index = index(Values.integer(key), length);
                if (index >= 0 && index < length) {
                    return Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) index)));
                }
            }
            default -> {
                // has no such item
            }
        }
        Object own = key instanceof String name ? own(object, name) : null;
        return own != null ? own : new Undefined(description(object, key));
    }

    private static String description(Object object, Object key) {
        return "'" + Values.typeName(object) + " object' has no attribute '" + Values.text(key) + "'";
    }

    private static long index(long index, int length) {
        return index < 0 ? index + length : index;
    }

    /** {@code object[from:to:step]}, where None stands for what is left out. */
    static Object slice(Object object, Object from, Object to, Object step) {
        if (object instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(object instanceof String || object instanceof List<?>)) {
            throw new JinjaException(Values.typeName(object) + " cannot be sliced");
        }
        List<Object> elements = Values.elements(object);
        long stride = step == None.NONE ? 1 : Values.integer(step);
        if (stride == 0) {
            throw new JinjaException("slice step cannot be zero");
        }
        int size = elements.size();
        int least = stride > 0 ? 0 : -1;
        int most = stride > 0 ? size : size - 1;
        long first = from == None.NONE ? (stride > 0 ? least : most) : bound(from, size, least, most);
        long end = to == None.NONE ? (stride > 0 ? most : least) : bound(to, size, least, most);
        List<Object> part = new ArrayList<>();
        for (long i = first; stride > 0 ? i < end : i > end; i += stride) {
            part.add(elements.get((int) i));
        }
        return object instanceof String ? joined(part) : part;
    }

    private static long bound(Object value, int size, int least, int most) {
        return Math.clamp(index(Values.integer(value), size), least, most);
    }

    private static String joined(List<Object> characters) {
        StringBuilder text = new StringBuilder();
        characters.forEach(text::append);
        return text.toString();
    }
}
