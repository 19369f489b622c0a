package io.llmd.launcher.terminal;

import picocli.CommandLine;

/** Version of this program. */
public final class Version implements CommandLine.IVersionProvider {

    /** From the manifest; {@code development} when classes run from a folder. */
    public static String current() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"llmd " + current(), "Java " + Runtime.version()};
    }
}
