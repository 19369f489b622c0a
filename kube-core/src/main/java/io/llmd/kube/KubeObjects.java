package io.llmd.kube;

import java.util.Map;

/** Single calls on objects of any kind, by path, such as {@code /api/v1/namespaces/team/pods/p1}. Each waits for its answer. Safe from any thread. */
public interface KubeObjects {

    /** The object. @throws KubeException when it is not there, or cannot be read */
    Map<String, Object> get(String path) throws KubeException;

    /**
     * Changes an object by a JSON merge patch.
     *
     * @param patch with a {@code metadata.resourceVersion} only that version is changed, and another is a conflict (status 409)
     * @return the object as it is now
     * @throws KubeException when it is not changed
     */
    Map<String, Object> mergePatch(String path, Map<String, ?> patch) throws KubeException;

    /**
     * Makes an object.
     *
     * @param path of its kind, such as {@code /api/v1/namespaces/team/configmaps}
     * @return the object as it is now
     * @throws KubeException when it is not made; status 409 when there is one of its name
     */
    Map<String, Object> create(String path, Map<String, ?> object) throws KubeException;
}
