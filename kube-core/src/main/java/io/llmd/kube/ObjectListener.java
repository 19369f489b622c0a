package io.llmd.kube;

import java.util.List;

/** Hears of objects, one call after the other on one thread. */
public interface ObjectListener<T> {

    /** These are all objects; what was known before and is not among them is gone. */
    void replaced(List<T> all);

    /** An object is new or has changed. */
    void changed(T object);

    /** An object is gone. */
    void removed(T object);

    /** Nothing can be learned at present; what is known stays. Called once for each new reason. */
    void failed(KubeException reason);
}
