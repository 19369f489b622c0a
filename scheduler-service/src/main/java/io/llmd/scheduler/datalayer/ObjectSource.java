package io.llmd.scheduler.datalayer;

/**
 * Stands for a watch of one kind of Kubernetes objects. Nobody watches them while endpoints come from a file or from
 * settings; the configuration is checked all the same.
 *
 * @param group API group, empty for the core group
 * @param version API version
 * @param kind kind of object
 */
public record ObjectSource(String group, String version, String kind) implements DataSource {
    public ObjectSource {
        if (version.isEmpty()) {
            throw new IllegalArgumentException("version: empty (expected: an API version, such as v1)");
        }
        if (kind.isEmpty()) {
            throw new IllegalArgumentException("kind: empty (expected: a kind, such as Pod)");
        }
    }

    @Override
    public Content delivers() {
        return Content.OBJECT_EVENTS;
    }

    /** The kind in full. */
    public String description() {
        return (group.isEmpty() ? "" : group + "/") + version + " " + kind;
    }
}
