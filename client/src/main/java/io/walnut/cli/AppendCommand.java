package io.walnut.cli;

import io.walnut.client.Appended;
import io.walnut.client.Appender;
import io.walnut.client.AppenderOptions;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code walnut append LOG [FILE]}: a record a line. */
@Command(
        name = "append",
        mixinStandardHelpOptions = true,
        description = {
            "Append a file, or standard input, to a log: a record a line, empty lines too.",
            "What has been acknowledged is always a prefix of the input; when it ends early, it is said how long a one."
        })
final class AppendCommand implements Callable<Integer> {
    private static final long INTERRUPT_GRACE_MS = 2_000;

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "LOG")
    String log;

    @Parameters(index = "1", paramLabel = "FILE", arity = "0..1", description = "Default, and -: standard input.")
    Optional<Path> file;

    @Option(names = "--create", description = "Create the log if there is none.")
    boolean create;

    @Option(names = "--no-progress", description = "No progress bar, even on a terminal.")
    boolean noProgress;

    @Mixin
    ClientOptions client;

    private final Progress progress = new Progress();

    AppendCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** What is acknowledged; written by the client's callbacks, one at a time. */
    private static final class Progress {
        volatile long firstOffset = -1;
        volatile long nextOffset = -1;
        volatile long records;
        /** Lines given to the appender; counted before, by the one thread that reads. */
        volatile long taken;

        /** Lines that were longer than all before them, and their bytes. Of the thread that reads. */
        private final Map<Long, Integer> ever = new HashMap<>();

        private int longest = -1;

        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread counts
        void take(int bytes) {
            taken++;
            if (bytes > longest) {
                longest = bytes;
                ever.put(taken, bytes);
            }
        }

        /** Bytes of a line that was refused for its size: longer than all before it, which were not. */
        int bytesOf(long line) {
            return ever.getOrDefault(line, longest);
        }

        synchronized void acknowledged(Appended appended) {
            if (firstOffset < 0) {
                firstOffset = appended.firstOffset();
            }
            records += appended.count();
            nextOffset = appended.nextOffset();
        }

        /** The line that was refused, once all are settled: it is in the batch right after what is acknowledged. */
        long lineOf(WalnutException.RecordTooLarge tooLarge) {
            return records + tooLarge.recordInBatch();
        }

        /** @param settled every line taken is acknowledged, or certainly not appended */
        String sentence(String log, boolean settled) {
            String known = records == 0
                    ? "no line is acknowledged in log '" + log + "'"
                    : (records == 1 ? "the first line is" : "the first " + records + " lines are")
                            + " acknowledged in log '" + log + "', up to offset "
                            + (nextOffset - 1);
            long open = taken - records;
            return settled || open == 0
                    ? known + "; no other line of this run is in the log"
                    : known + "; the outcome of the next " + (open == 1 ? "line" : open + " lines") + " is unknown";
        }
    }

    @Override
    public Integer call() throws IOException {
        Path path = file.filter(name -> !name.toString().equals("-")).orElse(null);
        if (path != null && Files.isDirectory(path)) {
            throw new IOException(path + " is a directory; name a file, or - for standard input");
        }
        try (InputStream in = path == null ? terminal.in() : Files.newInputStream(path);
                Walnut walnut = client.connect(terminal)) {
            requireLog(walnut);
            long from = System.nanoTime();
            long bytes = append(walnut, in, path == null ? -1 : Files.size(path));
            print(bytes, System.nanoTime() - from);
        }
        return ExitCode.OK;
    }

    private void requireLog(Walnut walnut) throws IOException {
        if (create) {
            walnut.createLogIfAbsent(log);
            return;
        }
        try {
            walnut.describe(log);
        } catch (WalnutException.LogNotFound e) {
            terminal.err()
                    .println("walnut: " + e.getMessage() + "; create it with 'walnut log create " + log
                            + "', or append with --create");
            throw new QuietExitException(ExitCode.LOG_NOT_FOUND, e);
        }
    }

    private long append(Walnut walnut, InputStream in, long totalBytes) throws IOException {
        Appender appender = walnut.appender(log, AppenderOptions.defaults(), progress::acknowledged);
        Interrupt interrupt = new Interrupt(appender);
        Runtime.getRuntime().addShutdownHook(interrupt);
        long[] shown = {0};
        long bytes;
        try (ProgressBar bar = bar(totalBytes)) {
            bytes = new Lines(in).forEach((source, start, length) -> {
                progress.take(length);
                appender.add(source, start, length);
                if (bar != null) {
                    shown[0] += length + 1;
                    bar.stepTo(shown[0]);
                }
            });
            appender.close();
        } catch (WalnutException | IOException e) {
            finish(appender);
            interrupt.disarm();
            terminal.err()
                    .println("walnut: " + reason(e, appender.settled()) + "; "
                            + progress.sentence(log, appender.settled()));
            throw new QuietExitException(ExitCode.of(e), e);
        } catch (IllegalStateException e) {
            if (interrupt.hasBegun()) {
                // The client stays open while what is in flight is waited for.
                interrupt.awaitEnd();
                throw new QuietExitException(ExitCode.INTERRUPTED, e);
            }
            throw e;
        }
        interrupt.disarm();
        return bytes;
    }

    /** A record is a line here, and where it is in its batch is of no use to anybody. */
    private String reason(Exception failure, boolean settled) {
        String message = WalnutCli.message(failure, client);
        if (settled && failure instanceof WalnutException.RecordTooLarge tooLarge && tooLarge.recordInBatch() > 0) {
            long line = progress.lineOf(tooLarge);
            return message.replaceFirst(
                    "^(the record|record \\d+ of the batch) has \\d+ bytes( with its key and headers)?",
                    "line " + line + " has " + progress.bytesOf(line) + " bytes");
        }
        return message;
    }

    /** Lines taken before a failure that is not the appender's own (a line too long, a file that breaks) still count. */
    private static void finish(Appender appender) {
        try {
            appender.close();
        } catch (WalnutException e) {
            // The failure that is told is the first one; how far the log is, is told from the acknowledgements.
            appender.abort();
        }
    }

    private @Nullable ProgressBar bar(long totalBytes) {
        if (noProgress || !terminal.interactive() || client.output != Output.TABLE) {
            return null;
        }
        return new ProgressBarBuilder()
                .setTaskName("append")
                .setInitialMax(totalBytes)
                .setUnit(" MB", 1_000_000)
                .showSpeed()
                .build();
    }

    private void print(long bytes, long nanos) throws IOException {
        double seconds = nanos / (double) TimeUnit.SECONDS.toNanos(1);
        if (client.output == Output.TABLE) {
            terminal.print(
                    progress.records == 0
                            ? "nothing to append"
                            : String.format(
                                    java.util.Locale.ROOT,
                                    "appended %d %s to '%s', offsets %d to %d, in %.2f s (%.0f records/s)",
                                    progress.records,
                                    progress.records == 1 ? "record" : "records",
                                    log,
                                    progress.firstOffset,
                                    progress.nextOffset - 1,
                                    seconds,
                                    progress.records / seconds));
            terminal.flush();
            return;
        }
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("log", log);
        fields.put("records", progress.records);
        fields.put("bytes", bytes);
        fields.put("first_offset", progress.records == 0 ? null : progress.firstOffset);
        fields.put("next_offset", progress.records == 0 ? null : progress.nextOffset);
        fields.put("seconds", Math.round(seconds * 1_000) / 1_000.0);
        client.output.print(terminal, fields);
    }

    /** Ctrl-C in the middle: waits a moment for what is in flight, then says how far the log is. */
    private final class Interrupt extends Thread {
        private final Appender appender;
        private volatile boolean armed = true;
        private volatile boolean begun;

        Interrupt(Appender appender) {
            super("walnut-append-interrupt");
            this.appender = appender;
        }

        void awaitEnd() {
            try {
                join(2 * INTERRUPT_GRACE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        boolean hasBegun() {
            return begun;
        }

        void disarm() {
            armed = false;
            try {
                Runtime.getRuntime().removeShutdownHook(this);
            } catch (IllegalStateException e) {
                // The process is ending already; disarmed all the same.
                armed = false;
            }
        }

        @Override
        public void run() {
            if (!armed) {
                return;
            }
            begun = true;
            Thread settle = new Thread(this::settle, "walnut-append-settle");
            settle.setDaemon(true);
            settle.start();
            try {
                settle.join(INTERRUPT_GRACE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            terminal.err().println();
            terminal.err().println("walnut: interrupted; " + progress.sentence(log, appender.settled()));
        }

        private void settle() {
            try {
                appender.close();
            } catch (WalnutException | IllegalStateException e) {
                // What is acknowledged is said either way.
                terminal.err().println("walnut: " + e.getMessage());
            }
        }
    }
}
