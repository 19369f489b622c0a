package io.llmd.lab.autoscale;

/**
 * What all contestants have in common beside the requests.
 *
 * @param scrapeSeconds between two scrapes of all pages
 * @param troubles what goes wrong
 */
public record Environment(int scrapeSeconds, Troubles troubles) {

    /** A scrape every 15 s, and nothing goes wrong. */
    public static final Environment USUAL = new Environment(15, Troubles.NONE);

    public Environment {
        if (scrapeSeconds < 1) {
            throw new IllegalArgumentException("scrapeSeconds: " + scrapeSeconds + " (expected: >= 1)");
        }
    }
}
