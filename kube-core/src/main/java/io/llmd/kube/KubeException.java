package io.llmd.kube;

/** The Kubernetes API could not be asked, or refused. */
public final class KubeException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * A failed call.
     *
     * @param status HTTP status, 0 when there was no answer
     */
    public KubeException(String message, int status, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** HTTP status of the answer, 0 when there was none. */
    public int status() {
        return status;
    }

    /** Whether the kind of object is not served, or the object is not there. */
    public boolean isNotFound() {
        return status == 404;
    }

    /** Whether there is no right to ask. */
    public boolean isForbidden() {
        return status == 403;
    }
}
