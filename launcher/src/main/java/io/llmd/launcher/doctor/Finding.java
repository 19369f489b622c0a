package io.llmd.launcher.doctor;

/**
 * One check and its result.
 *
 * @param check what was looked at
 * @param level how it is
 * @param found what is there
 * @param fix what to do, empty when nothing is
 */
record Finding(String check, Level level, String found, String fix) {

    /** How it is. */
    enum Level {
        OK,
        /** Works, with a limit that may hurt. */
        WARNING,
        /** Does not work. */
        BROKEN
    }

    static Finding ok(String check, String found) {
        return new Finding(check, Level.OK, found, "");
    }

    static Finding warning(String check, String found, String fix) {
        return new Finding(check, Level.WARNING, found, fix);
    }

    static Finding broken(String check, String found, String fix) {
        return new Finding(check, Level.BROKEN, found, fix);
    }
}
