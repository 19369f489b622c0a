package io.llmd.scheduler.scheduling;

/** A column that another decision uses when this one is over, unless somebody keeps it. Used by one thread at a time. */
public interface Lent {

    /** It stays as it is from now on; a record has it. */
    void keep();

    /** Nobody who does not keep it uses it any more. */
    void giveBack();
}
