package io.llmd.openai;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes members of a JSON object and keeps every other byte as it is. A member that is given twice is changed in all
 * its places. Not thread-safe; the object itself is never changed.
 */
public final class JsonEditor {

    private static final byte[] NOTHING = {};

    private final JsonMembers object;
    private final Map<String, byte[]> changes = new LinkedHashMap<>();

    public JsonEditor(JsonMembers object) {
        this.object = object;
    }

    /** The members before any change. */
    public JsonMembers original() {
        return object;
    }

    /** Takes a member out; nothing happens when there is none. */
    public JsonEditor remove(String name) {
        changes.put(name, NOTHING);
        return this;
    }

    /** Sets a member to a JSON text, in its place or as a new one. */
    public JsonEditor set(String name, String json) {
        return set(name, json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets a member to a JSON text, in its place or as a new one.
     *
     * @param json not empty, not copied
     */
    public JsonEditor set(String name, byte[] json) {
        changes.put(name, json);
        return this;
    }

    /** Sets a member to a text. */
    public JsonEditor setText(String name, String text) {
        return set(name, quoted(text));
    }

    /** Text as a JSON string, with quotes. */
    public static String quoted(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2);
        JsonText.appendQuoted(json, text);
        return json.toString();
    }

    /**
     * An editor for the object that a member holds, or for an empty one when it holds no object; {@link #set(String, byte[])}
     * its {@link #toBytes()} to use the result.
     */
    public JsonEditor nested(String name) {
        byte[] changed = changes.get(name);
        JsonMembers inner = changed == null ? object.object(name) : JsonMembers.read(changed);
        return new JsonEditor(inner == null ? empty() : inner);
    }

    private static JsonMembers empty() {
        JsonMembers empty = JsonMembers.read(new byte[] {'{', '}'});
        if (empty == null) {
            throw new IllegalStateException("{} is no object");
        }
        return empty;
    }

    /** The changed object in an array of its own. */
    public byte[] toBytes() {
        byte[] buffer = object.buffer();
        int start = object.start();
        List<JsonMembers.Member> members = object.all();
        int lastKept = lastKept(members);
        List<BodyEdit> edits = new ArrayList<>(changes.size() + 1);
        BodyEdit added = added(lastKept >= 0);
        if (added != null) {
            edits.add(added);
        }
        for (int i = 0; i <= lastKept; i++) {
            JsonMembers.Member member = members.get(i);
            byte[] change = changes.get(member.name());
            if (change == NOTHING) {
                edits.add(new BodyEdit(
                        member.nameStart() - start, members.get(i + 1).nameStart() - start, NOTHING));
            } else if (change != null) {
                edits.add(new BodyEdit(member.valueStart() - start, member.valueEnd() - start, change));
            }
        }
        if (lastKept < members.size() - 1) {
            int from = lastKept < 0
                    ? members.getFirst().nameStart()
                    : members.get(lastKept).valueEnd();
            edits.add(new BodyEdit(from - start, members.getLast().valueEnd() - start, NOTHING));
        }
        return edits.isEmpty()
                ? Arrays.copyOfRange(buffer, start, object.end())
                : BodyEdits.apply(buffer, start, object.end() - start, edits);
    }

    private int lastKept(List<JsonMembers.Member> members) {
        int last = members.size() - 1;
        while (last >= 0 && changes.get(members.get(last).name()) == NOTHING) {
            last--;
        }
        return last;
    }

    /** New members go right behind the opening bracket. */
    private @Nullable BodyEdit added(boolean othersFollow) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> change : changes.entrySet()) {
            if (change.getValue() != NOTHING && object.find(change.getKey()) == null) {
                String comma = text.size() == 0 ? "" : ",";
                text.writeBytes((comma + quoted(change.getKey()) + ':').getBytes(StandardCharsets.UTF_8));
                text.writeBytes(change.getValue());
            }
        }
        if (text.size() == 0) {
            return null;
        }
        if (othersFollow) {
            text.write(',');
        }
        int at = openBracket() + 1;
        return new BodyEdit(at, at, text.toByteArray());
    }

    private int openBracket() {
        int at = object.start();
        while (object.buffer()[at] != '{') {
            at++;
        }
        return at - object.start();
    }
}
