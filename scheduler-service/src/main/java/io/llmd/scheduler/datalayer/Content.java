package io.llmd.scheduler.datalayer;

/** What data sources deliver and extractors understand. */
public enum Content {
    METRICS("a page of metrics"),
    MODELS("a list of models"),
    ENDPOINT_EVENTS("endpoints that come and go"),
    OBJECT_EVENTS("changes of Kubernetes objects");

    private final String description;

    Content(String description) {
        this.description = description;
    }

    /** What it is, for messages. */
    public String description() {
        return description;
    }
}
