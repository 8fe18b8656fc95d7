package io.walnut.chaos.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.ContainerCluster;
import io.walnut.chaos.cluster.NamespaceCluster;
import io.walnut.chaos.workload.Workload;
import io.walnut.chaos.workload.Workloads;
import io.walnut.cli.WalnutCli;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Runs of some minutes each, one after the other, for as many hours as {@code -Dwalnut.hours} says: on both kinds of cluster that have
 * a network and disks, with each workload in turn and all faults, each with a seed of its own. Each adds its line to a ledger.
 */
@Tag("slow")
class LongRunTest {
    private static final double HOURS = Double.parseDouble(System.getProperty("walnut.hours", "1"));
    private static final String MINUTES = System.getProperty("walnut.minutes", "3");
    private static final String LEDGER = System.getProperty("walnut.ledger", "target/ledger");
    private static final String OUT = System.getProperty("walnut.out", "target/store");
    private static final List<String> BACKENDS =
            List.of(System.getProperty("walnut.backends", NamespaceCluster.KIND + "," + ContainerCluster.KIND)
                    .split(","));

    @Test
    @Timeout(value = 100, unit = TimeUnit.HOURS)
    void everyRunKeepsThePromise() {
        long end = System.nanoTime() + Duration.ofSeconds((long) (HOURS * 3600)).toNanos();
        List<Workload> workloads = Workloads.all();
        SecureRandom seeds = new SecureRandom();
        List<String> bad = new ArrayList<>();
        for (int run = 0; System.nanoTime() - end < 0; run++) {
            List<String> command = List.of(
                    "chaos",
                    "run",
                    "--backend=" + BACKENDS.get(run % BACKENDS.size()),
                    "--workload="
                            + workloads
                                    .get(run / BACKENDS.size() % workloads.size())
                                    .name(),
                    "--seed=" + seeds.nextInt(Integer.MAX_VALUE),
                    "--minutes=" + MINUTES,
                    "--ledger=" + LEDGER,
                    "--out=" + OUT);
            System.out.println(String.join(" ", command));
            int code = WalnutCli.commandLine(new ChaosCommand()).execute(command.toArray(String[]::new));
            if (code != 0) {
                bad.add(String.format(Locale.ROOT, "%s ended with %d", String.join(" ", command), code));
            }
        }
        assertThat(bad).isEmpty();
    }
}
