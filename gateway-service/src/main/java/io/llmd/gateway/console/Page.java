package io.llmd.gateway.console;

import java.util.Arrays;
import java.util.List;

/** The pages, in the order of the menu. */
enum Page {
    OVERVIEW("", "Overview", "overview"),
    FLEET("/fleet", "Fleet", "fleet"),
    REQUESTS("/requests", "Requests", "requests"),
    REQUEST("/requests/{id}", "Request", "request"),
    DRY_RUN("/dry-run", "Dry run", "dry-run"),
    QUEUE("/queue", "Queue", "queue"),
    CACHE("/cache", "Cache", "cache"),
    AUTOSCALER("/autoscaler", "Autoscaler", "autoscaler"),
    CHAT("/chat", "Chat", "chat"),
    LOAD("/load", "Load", "load"),
    FAULTS("/faults", "Faults", "faults"),
    KEYS("/keys", "Keys", "keys"),
    CONFIG("/config", "Config", "config"),
    ABOUT("/about", "About", "about");

    private final String path;
    private final String title;
    private final String file;

    Page(String path, String title, String file) {
        this.path = "/console" + path;
        this.title = title;
        this.file = file;
    }

    public String path() {
        return path;
    }

    public String title() {
        return title;
    }

    /** Name of its template and of its script. */
    public String file() {
        return file;
    }

    /** Those that the menu names. */
    static List<Page> menu(boolean isTrial) {
        return Arrays.stream(values())
                .filter(page -> page != REQUEST && (isTrial || page != FAULTS))
                .toList();
    }
}
