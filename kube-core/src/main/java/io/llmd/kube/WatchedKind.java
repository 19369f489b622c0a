package io.llmd.kube;

/** A kind of Kubernetes object in one namespace, perhaps narrowed by labels, that can be listed and watched. */
public interface WatchedKind<T> {

    /** What is watched, for messages, such as {@code pods in namespace/inference}. */
    String description();

    /**
     * All objects now. Waits for the answer.
     *
     * @throws KubeException when there is none
     */
    ObjectList<T> list() throws KubeException;

    /**
     * Changes after {@code version}, until the returned watch is closed or {@link WatchEvents#ended} was called.
     *
     * @param version resource version of a list
     * @param events hears of changes, in order, on threads of the client
     * @throws KubeException when the watch cannot begin
     */
    Watching watch(String version, WatchEvents<T> events) throws KubeException;

    /** A watch that is open. */
    interface Watching extends AutoCloseable {
        @Override
        void close();
    }

    /** What a watch tells. */
    interface WatchEvents<T> {

        /** An object is new or has changed. */
        void changed(T object);

        /** An object is gone, or its labels no longer match. */
        void removed(T object);

        /** Nothing more comes. */
        void ended(String reason);
    }
}
