package io.llmd.testsupport;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * How tests wait for a condition unless they say so themselves: they look at once, then after 1, 2, 4 ... up to
 * {@value #LONGEST_PAUSE_MILLIS} ms, since most conditions are met within milliseconds; and they give up after
 * {@value #SECONDS} s, since a machine may be busy with other things. JUnit finds this class by itself wherever the module
 * is on the class path of tests.
 */
public final class AwaitDefaults implements LauncherSessionListener {

    private static final int LONGEST_PAUSE_MILLIS = 100;
    private static final int SECONDS = 30;

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultPollInterval(
                (count, previous) -> Duration.ofMillis(Math.clamp(2 * previous.toMillis(), 1, LONGEST_PAUSE_MILLIS)));
        Awaitility.setDefaultTimeout(Duration.ofSeconds(SECONDS));
    }
}
