package io.walnut.chaos.cli;

import io.walnut.chaos.run.ChaosRun;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** How far a run is, on standard error: a bar where somebody looks at it, else a line a minute. */
final class RunProgress implements AutoCloseable {
    private static final Duration BAR_EVERY = Duration.ofMillis(500);
    private static final Duration LINE_EVERY = Duration.ofMinutes(1);

    private final ChaosRun run;
    private final long seconds;
    private final PrintWriter err;
    private final @Nullable ProgressBar bar;
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("walnut-chaos-progress").factory());

    RunProgress(ChaosRun run, Duration time, PrintWriter err) {
        this.run = run;
        this.seconds = time.toSeconds();
        this.err = err;
        this.bar = isWatched()
                ? new ProgressBarBuilder()
                        .setTaskName("chaos")
                        .setInitialMax(Math.max(1, seconds))
                        .setUnit(" s", 1)
                        .build()
                : null;
        long millis = (bar == null ? LINE_EVERY : BAR_EVERY).toMillis();
        var _ = ticker.scheduleAtFixedRate(this::show, millis, millis, TimeUnit.MILLISECONDS);
    }

    @SuppressWarnings("SystemConsoleNull") // it does, where there is no terminal at all
    private static boolean isWatched() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private void show() {
        ChaosRun.Progress now = run.progress();
        long elapsed = now.nanos() / 1_000_000_000;
        if (bar != null) {
            bar.stepTo(Math.min(elapsed, seconds));
            bar.setExtraMessage(String.format(
                    Locale.ROOT, " %s, %,d acknowledged, %,d faults", now.phase(), now.acknowledged(), now.faults()));
        } else {
            err.printf(
                    Locale.ROOT,
                    "%s, %d of %d s: %,d operations, %,d records acknowledged, %,d faults%n",
                    now.phase(),
                    elapsed,
                    seconds,
                    now.operations(),
                    now.acknowledged(),
                    now.faults());
            err.flush();
        }
    }

    @Override
    public void close() {
        ticker.shutdownNow();
        if (bar != null) {
            bar.close();
        }
    }
}
