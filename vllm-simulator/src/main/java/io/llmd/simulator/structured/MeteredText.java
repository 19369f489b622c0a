package io.llmd.simulator.structured;

/** A text that charges for each look at a character, which bounds the backtracking of a match. */
record MeteredText(CharSequence text, TextBudget budget) implements CharSequence {
    @Override
    public int length() {
        return text.length();
    }

    @Override
    public char charAt(int index) {
        budget.spend(1);
        return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return text.subSequence(start, end);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
