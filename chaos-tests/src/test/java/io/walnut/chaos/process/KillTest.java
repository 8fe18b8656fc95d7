package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.local.KillTrial;
import io.walnut.node.local.KillTrial.Victims;
import io.walnut.node.local.LocalCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} under load with unique payloads: no acknowledged record lost, none twice, order kept, all nodes equal. The slow
 * tests do what {@code walnut demo --kills 20} does, by hand or in the profile {@code slow}.
 */
@Tag("process")
class KillTest {
    private static final int KILLS_IN_EVERY_BUILD = 2;
    private static final int KILLS_IN_THE_SLOW_PROFILE = 20;
    private static final int LINES_PER_KILL = 20_000;

    @TempDir
    Path directory;

    @Test
    void killingTheLeaderLosesNothing() throws Exception {
        kill(KILLS_IN_EVERY_BUILD, Victims.LEADER);
    }

    @Test
    void killingAllNodesAtOnceLosesNothing() throws Exception {
        kill(KILLS_IN_EVERY_BUILD, Victims.ALL);
    }

    @Test
    @Tag("slow")
    void killingTheLeaderTwentyTimesLosesNothing() throws Exception {
        kill(KILLS_IN_THE_SLOW_PROFILE, Victims.LEADER);
    }

    @Test
    @Tag("slow")
    void killingAllNodesTwentyTimesLosesNothing() throws Exception {
        kill(KILLS_IN_THE_SLOW_PROFILE, Victims.ALL);
    }

    private void kill(int kills, Victims victims) throws Exception {
        List<byte[]> lines = IntStream.range(0, (kills + 1) * LINES_PER_KILL)
                .mapToObj(i -> String.format(Locale.ROOT, "record %09d of this trial, and of no other", i))
                .map(line -> line.getBytes(StandardCharsets.UTF_8))
                .toList();
        try (LocalCluster cluster =
                LocalCluster.create(directory.resolve("cluster"), LocalCluster.Settings.ofNodes(3))) {
            cluster.start();
            cluster.awaitReady(Duration.ofSeconds(60));

            KillTrial.Outcome outcome = new KillTrial(
                            cluster, new KillTrial.Settings("trial", kills, victims), acknowledged -> {})
                    .run(lines);

            System.out.println(victims + " killed " + kills + " times; next acknowledgement after "
                    + outcome.failovers().stream().map(Duration::toMillis).toList() + " ms");
            assertThat(outcome.differences()).isEmpty();
            assertThat(outcome.failovers()).hasSize(kills);
        }
    }
}
