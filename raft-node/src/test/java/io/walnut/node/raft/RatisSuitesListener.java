package io.walnut.node.raft;

import org.apache.ratis.server.impl.SuiteLog;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** In the profile {@code ratis-suites}: puts our log, or as a control the stock log, under Ratis's own tests. */
public final class RatisSuitesListener implements LauncherSessionListener {
    @Override
    public void launcherSessionOpened(LauncherSession session) {
        if (System.getProperty(SuiteLog.PROPERTY) != null) {
            SuiteLog.rewrite();
        }
    }
}
