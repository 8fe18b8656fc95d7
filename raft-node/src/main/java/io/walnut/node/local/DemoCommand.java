package io.walnut.node.local;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code walnut demo}: the whole path on this machine, in one command. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Start three node processes, append a file while nodes are killed, tail it from a follower, compare what"
                        + " every node holds with the file, and clean up.")
public final class DemoCommand implements Callable<Integer> {
    private static final int GENERATED_LINES = 100_000;
    private static final long MAX_INPUT_BYTES = 100L << 20;
    /** The default of limits.record-size, less what an encoded record has besides its value. */
    private static final int MAX_LINE_BYTES = (1 << 20) - 16;

    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "File to append, a record a line (default: the sources of this checkout).")
    @Nullable
    Path input;

    @Option(
            names = "--kills",
            paramLabel = "COUNT",
            defaultValue = "1",
            description = "How often to kill (default: ${DEFAULT-VALUE}).")
    int kills;

    @Option(
            names = "--victims",
            paramLabel = "WHOM",
            defaultValue = "LEADER",
            description = "Whom to kill: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    KillTrial.Victims victims = KillTrial.Victims.LEADER;

    @Option(names = "--keep", description = "Leave the data and the nodes' output where they are.")
    boolean keep;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        List<byte[]> lines = input == null ? TrialText.lines(GENERATED_LINES) : linesOf(input);
        if (kills < 0 || kills >= lines.size()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--kills is " + kills + "; expected 0 to " + (lines.size() - 1) + ", fewer than there are lines");
        }
        Path directory = Files.createTempDirectory("walnut-demo-");
        out.println("three nodes, data under " + directory);
        try (LocalCluster cluster = LocalCluster.create(directory, LocalCluster.Settings.ofNodes(3))) {
            Thread onInterrupt = new Thread(() -> end(cluster, out));
            Runtime.getRuntime().addShutdownHook(onInterrupt);
            long start = System.nanoTime();
            cluster.start();
            cluster.awaitReady(READY_TIMEOUT);
            out.printf(Locale.ROOT, "ready after %.1f s; appending %,d lines%n", seconds(start), lines.size());
            out.flush();
            KillTrial trial = new KillTrial(
                    cluster, new KillTrial.Settings("demo", kills, victims), new Progress(out, lines.size()));
            KillTrial.Outcome outcome = trial.run(lines);
            print(out, outcome);
            cluster.stop();
            Runtime.getRuntime().removeShutdownHook(onInterrupt);
            if (!keep) {
                cluster.delete();
            }
            return outcome.differences().isEmpty() ? 0 : 1;
        }
    }

    /** Everything that could not be appended is found before anything is started. */
    private static List<byte[]> linesOf(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a directory; name a file");
        }
        if (Files.size(file) > MAX_INPUT_BYTES) {
            throw new IOException(file + " has " + Files.size(file) + " bytes, the demo keeps it in memory and takes "
                    + MAX_INPUT_BYTES + "; start a cluster with 'walnut up' and append it there");
        }
        List<byte[]> lines = TrialText.linesOf(file);
        if (lines.isEmpty()) {
            throw new IOException(file + " is empty; name a file with a line or more");
        }
        for (int i = 0; i < lines.size(); i++) {
            int bytes = lines.get(i).length;
            if (bytes > MAX_LINE_BYTES) {
                throw new IOException("line " + (i + 1) + " of " + file + " has " + bytes
                        + " bytes; a record has at most " + MAX_LINE_BYTES + ": name a file with shorter lines");
            }
        }
        return lines;
    }

    /** Ctrl-C in the middle leaves no process behind, and no data unless it was asked for. */
    private void end(LocalCluster cluster, PrintWriter out) {
        try {
            cluster.killAll();
            if (!keep) {
                cluster.delete();
            }
        } catch (IOException e) {
            out.println("clean-up failed: " + e.getMessage());
        }
    }

    private void print(PrintWriter out, KillTrial.Outcome outcome) {
        double seconds = outcome.appending().toNanos() / 1e9;
        out.printf(
                Locale.ROOT,
                "appended %,d records, %.1f MB in %.1f s: %,.0f records/s, %.1f MB/s%n",
                outcome.lines(),
                outcome.bytes() / 1e6,
                seconds,
                outcome.lines() / seconds,
                outcome.bytes() / 1e6 / seconds);
        for (Duration failover : outcome.failovers()) {
            out.printf(
                    Locale.ROOT,
                    "killed %s: next acknowledgement after %d ms%n",
                    victims.name().toLowerCase(Locale.ROOT),
                    failover.toMillis());
        }
        if (outcome.differences().isEmpty()) {
            out.printf(
                    Locale.ROOT,
                    "compared: the tail of a follower and the log on each of the three nodes hold all %,d records, in order, once%n",
                    outcome.lines());
        } else {
            outcome.differences().forEach(difference -> out.println("DIFFERENT: " + difference));
        }
        out.flush();
    }

    private static double seconds(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    /** One line for each tenth that is acknowledged. */
    private static final class Progress implements LongConsumer {
        private final PrintWriter out;
        private final long total;
        private long tenths;

        Progress(PrintWriter out, long total) {
            this.out = out;
            this.total = total;
        }

        @Override
        public void accept(long acknowledged) {
            long now = acknowledged * 10 / total;
            if (now > tenths) {
                tenths = now;
                out.printf(Locale.ROOT, "  %,d acknowledged (%d %%)%n", acknowledged, now * 10);
                out.flush();
            }
        }
    }
}
