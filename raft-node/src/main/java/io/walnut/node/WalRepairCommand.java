package io.walnut.node;

import io.walnut.cli.Output;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.tool.WalRepair;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code walnut wal repair}: says what it would do, and does it with {@code --yes}. */
@Command(
        name = "repair",
        mixinStandardHelpOptions = true,
        description =
                "Mend a damaged log, as far as the options allow. Without --yes nothing is changed, and what would be"
                        + " found and left is printed. Damaged files are kept beside the log, as '.quarantined'. Exit code 0: the"
                        + " log is, or would be, good; 7: it is damaged further than the options allow.")
final class WalRepairCommand extends WalCommand.Verb {
    @Option(
            names = "--from",
            paramLabel = "OTHER",
            description = "Directory with good copies of segments of this log, from a checkpoint or a backup: what is"
                    + " damaged or lost is taken from there.")
    @Nullable
    Path from;

    @Option(
            names = "--quarantine",
            description = "What is damaged and has no copy may be given up: reading it fails from then on, and the rest"
                    + " can be used. Not for a member of a cluster, which gets everything from the others.")
    boolean quarantine;

    private @Nullable Long end;

    @Option(
            names = "--truncate-to",
            paramLabel = "LSN",
            description = "The log is to end before this LSN; everything from it on is dropped, good or not.")
    void truncateTo(long lsn) {
        if (lsn < 0) {
            throw new ParameterException(spec.commandLine(), "--truncate-to is " + lsn + ", and must not be negative");
        }
        end = lsn;
    }

    @Option(names = "--yes", description = "Do it.")
    boolean yes;

    @Override
    void look(Path log, PrintWriter out) throws IOException {
        WalRepair.Consent consent = new WalRepair.Consent(
                Optional.ofNullable(from), end == null ? OptionalLong.empty() : OptionalLong.of(end), quarantine);
        try (VerifyBar bar = new VerifyBar()) {
            RecoveryReport report = yes ? WalRepair.run(log, consent, bar) : WalRepair.look(log, consent, bar);
            boolean good = isGood(report);
            WalReport.print(log, report, form.output(), Map.of("changed", yes && !good), out);
            if (form.output() == Output.TABLE) {
                dropped(report).ifPresent(out::println);
                out.println(
                        good
                                ? "nothing to do: the log is good"
                                : yes ? "done" : "nothing was changed; with --yes this is done");
            }
        } catch (WalCorruptException e) {
            e.report().ifPresent(report -> WalReport.print(log, report, form.output(), Map.of("changed", false), out));
            throw e;
        }
    }

    /** What the wanted end takes away of what was found. */
    private Optional<String> dropped(RecoveryReport report) {
        long last = report.segments().stream()
                .mapToLong(SegmentFinding::endLsn)
                .max()
                .orElse(0);
        return end == null || end >= last
                ? Optional.empty()
                : Optional.of("dropped: LSNs " + end + ".." + last + " (exclusive)");
    }

    /** So that a repair would change nothing of it. */
    private boolean isGood(RecoveryReport report) {
        return report.clean() && !report.corrupt() && report.holes().isEmpty() && end == null;
    }
}
