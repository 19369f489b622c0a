package io.llmd.launcher.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Columns of text: the first is left-aligned, the others as their flag says. */
public final class TextTable {

    private final String[] header;
    private final boolean numbers;
    private final List<String[]> rows = new ArrayList<>();

    private TextTable(boolean numbers, String... header) {
        this.header = header.clone();
        this.numbers = numbers;
    }

    /** A table whose columns after the first are numbers. */
    public static TextTable ofNumbers(String... header) {
        return new TextTable(true, header);
    }

    /** A table of words. */
    public static TextTable ofText(String... header) {
        return new TextTable(false, header);
    }

    /** Adds a row; missing cells are empty. */
    public TextTable row(String... cells) {
        String[] row = Arrays.copyOf(cells, header.length);
        for (int i = cells.length; i < row.length; i++) {
            row[i] = "";
        }
        rows.add(row);
        return this;
    }

    /** Whether no row was added. */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    @Override
    public String toString() {
        int[] widths = new int[header.length];
        for (int column = 0; column < widths.length; column++) {
            widths[column] = header[column].length();
            for (String[] row : rows) {
                widths[column] = Math.max(widths[column], row[column].length());
            }
        }
        StringBuilder text = new StringBuilder();
        append(text, header, widths);
        rows.forEach(row -> append(text, row, widths));
        return text.toString();
    }

    private void append(StringBuilder text, String[] cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.length; column++) {
            String padding = " ".repeat(widths[column] - cells[column].length());
            boolean right = numbers && column > 0;
            line.append(column == 0 ? " " : "  ")
                    .append(right ? padding : "")
                    .append(cells[column])
                    .append(right ? "" : padding);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
