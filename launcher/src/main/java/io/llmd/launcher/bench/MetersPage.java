package io.llmd.launcher.bench;

/**
 * A page of meters as Prometheus reads it.
 *
 * @param text the page
 */
record MetersPage(String text) {

    /** Sum over all series of a name; 0 without any. */
    double sum(String name) {
        return sum(name, "");
    }

    /** Sum over the series of a name whose labels hold a text, such as {@code area="heap"}. */
    double sum(String name, String label) {
        return text.lines()
                .filter(line -> line.startsWith(name)
                        && line.length() > name.length()
                        && (line.charAt(name.length()) == '{' || line.charAt(name.length()) == ' ')
                        && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
