package io.walnut.chaos.bugs;

import static io.walnut.chaos.check.Anomaly.ALTERED;
import static io.walnut.chaos.check.Anomaly.DIVERGENT;
import static io.walnut.chaos.check.Anomaly.DUPLICATE;
import static io.walnut.chaos.check.Anomaly.FAILED_APPEND_IS_THERE;
import static io.walnut.chaos.check.Anomaly.FUTURE;
import static io.walnut.chaos.check.Anomaly.HOLE;
import static io.walnut.chaos.check.Anomaly.LOST;
import static io.walnut.chaos.check.Anomaly.REORDERED;
import static io.walnut.chaos.check.Anomaly.REPLICAS_DIFFER;
import static io.walnut.chaos.check.Anomaly.SKIPPED;
import static io.walnut.chaos.check.Anomaly.STALE;
import static io.walnut.chaos.check.Anomaly.TORN_BATCH;
import static io.walnut.chaos.check.Anomaly.TRIMMED_TOO_EARLY;
import static io.walnut.chaos.fault.FaultClass.BIT_ROT_LOG;
import static io.walnut.chaos.fault.FaultClass.BIT_ROT_VOTE;
import static io.walnut.chaos.fault.FaultClass.DISK_FULL;
import static io.walnut.chaos.fault.FaultClass.DISK_LOST;
import static io.walnut.chaos.fault.FaultClass.FILE_TRUNCATED;
import static io.walnut.chaos.fault.FaultClass.KILL_LEADER_STORM;
import static io.walnut.chaos.fault.FaultClass.KILL_MAJORITY;
import static io.walnut.chaos.fault.FaultClass.PARTITION_CLIENTS;
import static io.walnut.chaos.fault.FaultClass.PARTITION_LEADER;
import static io.walnut.chaos.fault.FaultClass.PAUSE;
import static io.walnut.chaos.fault.FaultClass.POWER_CUT_ALL;
import static io.walnut.chaos.fault.FaultClass.POWER_CUT_ONE;
import static io.walnut.chaos.fault.FaultClass.SNAPSHOT_INSTALL;
import static io.walnut.chaos.fault.FaultClass.SYNC_ERROR;
import static io.walnut.chaos.fault.FaultClass.WIRE_CORRUPTION;

import io.walnut.chaos.bugs.PlantedBug.Chaos;
import io.walnut.chaos.bugs.PlantedBug.Suite;
import io.walnut.chaos.fault.FaultClass;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All planted bugs. */
final class PlantedBugs {
    private PlantedBugs() {}

    static List<PlantedBug> all() {
        return Stream.of(quiet(), processes(), namespaces(), harness(), engine(), node())
                .flatMap(List::stream)
                .toList();
    }

    private static final Chaos QUIET = new Chaos("process", "append-read", List.of(), 5, 15, Map.of());

    /** For so long that the clients have gone on at another node when it is over. */
    private static final Chaos LEADER_PAUSED = QUIET.with(24, 72, "pause-leader");

    private static final Chaos KILLED = QUIET.with(20, 60, "kill");
    private static final Chaos KILLED_AND_PAUSED = QUIET.with(20, 60, "kill", "pause");
    private static final Chaos LEADER_ALONE = QUIET.on("namespace").with(15, 45, "partition-leader-without-peers");
    private static final Chaos POWER_CUT = QUIET.on("namespace").with(15, 45, "power-cut-all");

    /** Snapshots all the time, so that a start from one is nothing rare. */
    private static final Map<String, String> SNAPSHOTS = Map.of("WALNUT_SNAPSHOT_EVERY", "3s");

    /** In clusters to which nothing happens. */
    private static List<PlantedBug> quiet() {
        return List.of(
                bug("stale-follower-read", QUIET, STALE),
                bug("cached-describe", QUIET, STALE),
                bug("describe-before-commit", QUIET, FUTURE, STALE, TORN_BATCH),
                bug("offset-assigned-before-order", QUIET, DIVERGENT, DUPLICATE),
                bug("batch-split", QUIET, TORN_BATCH, DIVERGENT),
                bug("byte-changed", QUIET, ALTERED),
                bug("trim-one-too-many", QUIET.doing("trim"), TRIMMED_TOO_EARLY),
                bug("tail-skips-a-batch", QUIET.doing("tail"), HOLE),
                bug("sequence-gap-accepted", QUIET.doing("pipeline"), SKIPPED, REORDERED),
                bug("apply-by-chance", QUIET, DIVERGENT, REPLICAS_DIFFER, LOST),
                bug("purge-what-logs-need", QUIET.in(SNAPSHOTS), Trial.CANNOT_READ));
    }

    /** In clusters whose processes stand still or end. */
    private static List<PlantedBug> processes() {
        return List.of(
                bug("read-option-default", PAUSE, LEADER_PAUSED, STALE),
                bug("lease-without-heartbeat", PAUSE, LEADER_PAUSED, STALE),
                bug("dedupe-left-out", PAUSE, KILLED_AND_PAUSED, DUPLICATE),
                bug("dedupe-dropped-at-restart", KILL_MAJORITY, KILLED, DUPLICATE, DIVERGENT, REPLICAS_DIFFER),
                bug(
                        "dedupe-dropped-at-snapshot",
                        KILL_MAJORITY,
                        KILLED.in(SNAPSHOTS),
                        DUPLICATE,
                        DIVERGENT,
                        REPLICAS_DIFFER),
                bug(
                        "apply-twice-after-restart",
                        KILL_MAJORITY,
                        KILLED.in(SNAPSHOTS),
                        DUPLICATE,
                        DIVERGENT,
                        REPLICAS_DIFFER),
                bug("vote-not-persisted", KILL_MAJORITY, KILLED, Trial.NODE_ENDED),
                bug("roll-off-by-one", KILL_MAJORITY, KILLED.in(SNAPSHOTS), Trial.NODE_ENDED, LOST),
                bug(
                        "snapshot-without-tail",
                        SNAPSHOT_INSTALL,
                        QUIET.with(20, 60, "snapshot-install").in(SNAPSHOTS),
                        Trial.NOT_READY,
                        Trial.NODE_ENDED,
                        Trial.CANNOT_READ),
                // It is sent nothing of what it is thought to have.
                bug("lost-log-still-counted", DISK_LOST, QUIET.with(20, 60, "lose-disk"), Trial.NOT_READY),
                bug("vote-for-a-shorter-log", KILL_MAJORITY, KILLED_AND_PAUSED, LOST, DIVERGENT, Trial.NOT_READY));
    }

    /** In clusters whose nodes have a network and a disk of their own each. */
    private static List<PlantedBug> namespaces() {
        return List.of(
                bug("commit-without-majority", PARTITION_CLIENTS, LEADER_ALONE, LOST, DIVERGENT),
                // A follower has little time to be behind a leader that is new, unless messages are slow.
                bug(
                        "inconsistent-follower-counted",
                        KILL_LEADER_STORM,
                        LEADER_ALONE.with(20, 60, "delay-far", "kill-storm"),
                        LOST,
                        DIVERGENT,
                        REPLICAS_DIFFER,
                        Trial.NOT_READY),
                // What a leader takes for stored it never sends again.
                bug("sent-counts-as-stored", PARTITION_CLIENTS, LEADER_ALONE, LOST, DIVERGENT, Trial.NOT_READY),
                bug("failure-answered-as-success", PARTITION_CLIENTS, LEADER_ALONE, LOST, DIVERGENT, DUPLICATE),
                bug(
                        "altered-message-taken",
                        WIRE_CORRUPTION,
                        LEADER_ALONE.with(15, 45, "corrupt-leader", "corrupt-some"),
                        DIVERGENT,
                        DUPLICATE,
                        TORN_BATCH,
                        Trial.CANNOT_READ),
                bug("acknowledge-before-sync", POWER_CUT_ALL, POWER_CUT, LOST, DIVERGENT),
                bug(
                        "unsafe-flush",
                        POWER_CUT_ALL,
                        // Disks that are quick leave it a millisecond.
                        POWER_CUT.with(20, 60, "slow-disk-all", "power-cut-all"),
                        LOST,
                        DIVERGENT),
                bug(
                        "snapshot-published-before-sync",
                        POWER_CUT_ALL,
                        POWER_CUT.with(15, 60, "power-cut").in(SNAPSHOTS),
                        Trial.DAMAGED));
    }

    /** Of the harness itself. */
    private static List<PlantedBug> harness() {
        Suite judges = new Suite(
                "chaos-tests", "io.walnut.chaos.check.CheckersAgreeTest", Map.of("walnut.histories", "10000"));
        return List.of(
                bug("unknown-mapped-to-failed", PAUSE, KILLED_AND_PAUSED, FAILED_APPEND_IS_THERE),
                bug("final-reads-of-one-node", QUIET, Trial.NOT_CONCLUSIVE),
                bug("checker-ignores-stale-reads", judges),
                bug("checker-off-by-one", judges),
                bug("checker-forgets-lost-records", judges));
    }

    /** Of the engine: found by its own tests, on a disk in memory that loses, damages and refuses what a disk may. */
    private static List<PlantedBug> engine() {
        Suite failedSyncs = suite("wal-engine", "io.walnut.wal.crash.FailedSyncTest");
        Suite crashes = suite("wal-engine", "io.walnut.wal.crash.CrashTest");
        Suite damages = suite("wal-engine", "io.walnut.wal.crash.DamageTest");
        return List.of(
                bug("failed-sync-ignored", SYNC_ERROR, failedSyncs),
                bug("failed-sync-retried", SYNC_ERROR, failedSyncs),
                bug("durable-out-of-order", POWER_CUT_ONE, crashes),
                bug("directory-not-synced-at-creation", POWER_CUT_ONE, crashes),
                bug("directory-not-synced-at-roll", POWER_CUT_ONE, crashes),
                bug("truncated-at-a-bad-checksum", BIT_ROT_LOG, damages),
                bug("short-segment-accepted", FILE_TRUNCATED, damages),
                bug("checksum-not-verified", BIT_ROT_LOG, damages),
                bug("index-trusted", BIT_ROT_LOG, damages));
    }

    /** Of the Raft member: found by its own tests. */
    private static List<PlantedBug> node() {
        Suite deposed = suite("raft-node", "io.walnut.node.raft.DeposedLeaderTest");
        Suite raftLog = suite("raft-node", "io.walnut.node.raft.WalRaftLogTest");
        return List.of(
                bug("votes-without-checksum", BIT_ROT_VOTE, suite("raft-node", "io.walnut.node.raft.VoteStoreTest")),
                bug(
                        "directory-not-synced-for-a-vote",
                        POWER_CUT_ALL,
                        suite("raft-node", "io.walnut.node.raft.DurableFilesTest")),
                bug("full-disk-acknowledged", DISK_FULL, raftLog),
                bug("async-flush", SYNC_ERROR, raftLog),
                bug("deposed-leader-heard", PAUSE, raftLog),
                bug("read-shares-an-old-round", PAUSE, deposed),
                bug("read-confirmed-by-old-answers", PARTITION_LEADER, deposed),
                bug("read-of-an-unready-leader", PAUSE, deposed));
    }

    private static Suite suite(String module, String testClass) {
        return new Suite(module, testClass, Map.of());
    }

    private static PlantedBug bug(String name, Suite owner) {
        return new PlantedBug(name, Optional.empty(), owner, Set.of(Trial.TEST_FAILED));
    }

    private static PlantedBug bug(String name, FaultClass faultClass, Suite owner) {
        return new PlantedBug(name, Optional.of(faultClass), owner, Set.of(Trial.TEST_FAILED));
    }

    private static PlantedBug bug(String name, Chaos owner, Object... signs) {
        return new PlantedBug(name, Optional.empty(), owner, names(signs));
    }

    private static PlantedBug bug(String name, FaultClass faultClass, Chaos owner, Object... signs) {
        return new PlantedBug(name, Optional.of(faultClass), owner, names(signs));
    }

    /** Of anomalies, and of what else {@link Trial} has words for. */
    private static Set<String> names(Object... signs) {
        return Arrays.stream(signs).map(Object::toString).collect(Collectors.toSet());
    }
}
