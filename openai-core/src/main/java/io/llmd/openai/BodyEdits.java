package io.llmd.openai;

import java.util.List;

/** Applies edits to a body; every byte outside them is kept as it is. */
public final class BodyEdits {

    private BodyEdits() {}

    /** Length of the body once edited. */
    public static int editedLength(int length, List<BodyEdit> edits) {
        int edited = length;
        for (int i = 0; i < edits.size(); i++) {
            BodyEdit edit = edits.get(i);
            edited += edit.replacement().length - (edit.end() - edit.start());
        }
        return edited;
    }

    /**
     * The edited body in an array of its own.
     *
     * @param buffer holds the body at {@code [offset, offset + length)}; never changed
     * @param edits in ascending order, not overlapping, inside the body
     */
    public static byte[] apply(byte[] buffer, int offset, int length, List<BodyEdit> edits) {
        byte[] edited = new byte[editedLength(length, edits)];
        int from = 0;
        int to = 0;
        for (int i = 0; i < edits.size(); i++) {
            BodyEdit edit = edits.get(i);
            if (edit.start() < from || edit.end() > length) {
                throw new IllegalArgumentException("edit: [" + edit.start() + ", " + edit.end()
                        + ") (expected: inside [" + from + ", " + length + "))");
            }
            System.arraycopy(buffer, offset + from, edited, to, edit.start() - from);
            to += edit.start() - from;
            System.arraycopy(edit.replacement(), 0, edited, to, edit.replacement().length);
            to += edit.replacement().length;
            from = edit.end();
        }
        System.arraycopy(buffer, offset + from, edited, to, length - from);
        return edited;
    }

    /** The edited body when all of the array is the body. */
    public static byte[] apply(byte[] body, List<BodyEdit> edits) {
        return apply(body, 0, body.length, edits);
    }
}
