package io.walnut.node;

import io.walnut.wal.recovery.RecoveryListener;
import io.walnut.wal.recovery.RecoveryProgress;
import java.io.Console;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** A bar on standard error while segments are verified or compacted, when somebody looks at it. */
final class VerifyBar implements RecoveryListener, AutoCloseable {
    private final String task;
    private @Nullable ProgressBar bar;

    VerifyBar() {
        this("verifying");
    }

    VerifyBar(String task) {
        this.task = task;
    }

    @Override
    public boolean goOn(RecoveryProgress progress) {
        if (bar == null && isWatched()) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(progress.bytesTotal())
                    .setUnit(" MB", 1_000_000)
                    .showSpeed()
                    .build();
        }
        if (bar != null) {
            bar.stepTo(progress.bytesDone());
        }
        return true;
    }

    @SuppressWarnings("SystemConsoleNull") // it does, where there is no terminal at all
    private static boolean isWatched() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
