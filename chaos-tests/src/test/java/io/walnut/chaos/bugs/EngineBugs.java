package io.walnut.chaos.bugs;

import io.walnut.wal.io.Uninterrupted;
import java.io.IOException;
import org.jboss.byteman.rule.Rule;
import org.jspecify.annotations.Nullable;

/** Bugs that need the types of the engine. */
public class EngineBugs extends BugHelper {
    public EngineBugs(Rule rule) {
        super(rule);
    }

    /** A failure that there was not. */
    public @Nullable Throwable noFailure() {
        return null;
    }

    /** Does it once more; returns how that failed, or null. */
    public @Nullable Throwable again(Uninterrupted.Io io) {
        try {
            io.run();
            return null;
        } catch (IOException | RuntimeException e) {
            return e;
        }
    }
}
