package io.llmd.lab.autoscale;

import java.util.List;

/** What contestants may look at: no more than production would tell them. */
interface Cluster {

    /** As Prometheus has it: of the last scrape. */
    Seen scraped();

    /** As pages tell it now, for those who read pages themselves. */
    Seen live();

    /** What the router's page tells now, by tier. */
    List<Totals> router();

    /** Whether nothing can be read at present. */
    boolean isBlind();

    /** What the router counted in the last {@code seconds}, from scrapes; all tiers together. */
    Totals over(double seconds);

    /** Seconds that {@link #over} really spans, for rates. */
    double spanned(double seconds);

    /** Replicas that are ready. */
    int ready(int kind);

    /** Replicas that were asked for. */
    int asked(int kind);

    /** Ids of the replicas that start or are ready, as Kubernetes tells them. */
    List<Seen.PodSeen> present();
}
