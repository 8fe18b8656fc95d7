package io.walnut.chaos.bugs;

import static io.walnut.chaos.check.Anomaly.ALTERED;
import static io.walnut.chaos.check.Anomaly.DIVERGENT;
import static io.walnut.chaos.check.Anomaly.DUPLICATE;
import static io.walnut.chaos.check.Anomaly.FAILED_APPEND_IS_THERE;
import static io.walnut.chaos.check.Anomaly.FUTURE;
import static io.walnut.chaos.check.Anomaly.LOST;
import static io.walnut.chaos.check.Anomaly.REPLICAS_DIFFER;
import static io.walnut.chaos.check.Anomaly.STALE;
import static io.walnut.chaos.check.Anomaly.TORN_BATCH;
import static io.walnut.chaos.fault.FaultClass.BIT_ROT_LOG;
import static io.walnut.chaos.fault.FaultClass.BIT_ROT_VOTE;
import static io.walnut.chaos.fault.FaultClass.FILE_TRUNCATED;
import static io.walnut.chaos.fault.FaultClass.KILL_ONE;
import static io.walnut.chaos.fault.FaultClass.PAUSE;
import static io.walnut.chaos.fault.FaultClass.POWER_CUT_ALL;
import static io.walnut.chaos.fault.FaultClass.POWER_CUT_ONE;
import static io.walnut.chaos.fault.FaultClass.SYNC_ERROR;

import io.walnut.chaos.bugs.PlantedBug.Chaos;
import io.walnut.chaos.bugs.PlantedBug.Suite;
import io.walnut.chaos.check.Anomaly;
import io.walnut.chaos.fault.FaultClass;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All planted bugs. */
final class PlantedBugs {
    private PlantedBugs() {}

    private static final String PROCESS = "process";
    private static final String APPEND_READ = "append-read";
    private static final String CRASH = "io.walnut.wal.crash.";

    /** Snapshots all the time, so that a start from one is nothing rare. */
    private static final Map<String, String> SNAPSHOTS = Map.of("WALNUT_SNAPSHOT_EVERY", "3s");

    private static final Map<String, String> NONE = Map.of();

    static List<PlantedBug> all() {
        return Stream.of(quiet(), paused(), killed(), harness(), engine(), node())
                .flatMap(List::stream)
                .toList();
    }

    /** In a cluster to which nothing happens. */
    private static List<PlantedBug> quiet() {
        return List.of(
                quiet("stale-follower-read", NONE, STALE),
                quiet("cached-describe", NONE, STALE),
                quiet("describe-before-commit", NONE, FUTURE, STALE, TORN_BATCH),
                quiet("offset-assigned-before-order", NONE, DIVERGENT, DUPLICATE),
                quiet("batch-split", NONE, TORN_BATCH, DIVERGENT),
                quiet("byte-changed", NONE, ALTERED),
                quiet("apply-by-chance", NONE, DIVERGENT, REPLICAS_DIFFER, LOST),
                new PlantedBug(
                        "purge-what-logs-need",
                        Optional.empty(),
                        new Chaos(PROCESS, APPEND_READ, List.of(), 20, SNAPSHOTS),
                        Set.of("NODE_FAILED")));
    }

    /** In a cluster whose nodes stand still for a while. */
    private static List<PlantedBug> paused() {
        return List.of(
                faulty("read-option-default", PAUSE, List.of("pause-leader"), 40, NONE, STALE),
                faulty("lease-without-heartbeat", PAUSE, List.of("pause-leader"), 40, NONE, STALE),
                faulty("commit-without-majority", PAUSE, List.of("pause", "kill"), 45, NONE, LOST, DIVERGENT, STALE),
                faulty("sent-counts-as-stored", PAUSE, List.of("pause", "kill"), 45, NONE, LOST, DIVERGENT, STALE),
                faulty("vote-for-a-shorter-log", PAUSE, List.of("pause", "kill"), 45, NONE, LOST, DIVERGENT, STALE),
                faulty(
                        "inconsistent-follower-counted",
                        PAUSE,
                        List.of("pause", "kill"),
                        45,
                        NONE,
                        LOST,
                        DIVERGENT,
                        STALE),
                faulty("failure-answered-as-success", PAUSE, List.of("pause"), 40, NONE, LOST, DIVERGENT, DUPLICATE),
                faulty("dedupe-left-out", PAUSE, List.of("pause", "kill"), 45, NONE, DUPLICATE));
    }

    /** In a cluster whose nodes are killed. */
    private static List<PlantedBug> killed() {
        List<String> kill = List.of("kill");
        return List.of(
                new PlantedBug(
                        "vote-not-persisted",
                        Optional.of(KILL_ONE),
                        new Chaos(PROCESS, APPEND_READ, kill, 30, NONE),
                        Set.of(Trial.NODE_ENDED)),
                faulty("apply-twice-after-restart", KILL_ONE, kill, 45, SNAPSHOTS, DUPLICATE, DIVERGENT, REPLICAS_DIFFER),
                faulty("dedupe-dropped-at-snapshot", KILL_ONE, kill, 45, SNAPSHOTS, DUPLICATE, DIVERGENT, REPLICAS_DIFFER),
                faulty("dedupe-dropped-at-restart", KILL_ONE, kill, 45, NONE, DUPLICATE, DIVERGENT, REPLICAS_DIFFER),
                new PlantedBug(
                        "roll-off-by-one",
                        Optional.of(KILL_ONE),
                        new Chaos(PROCESS, APPEND_READ, kill, 45, SNAPSHOTS),
                        Set.of(Trial.NODE_ENDED, LOST.name())));
    }

    /** Of the harness itself. */
    private static List<PlantedBug> harness() {
        return List.of(
                faulty("unknown-mapped-to-failed", PAUSE, List.of("pause", "kill"), 30, NONE, FAILED_APPEND_IS_THERE),
                new PlantedBug(
                        "final-reads-of-one-node",
                        Optional.empty(),
                        new Chaos(PROCESS, APPEND_READ, List.of(), 10, NONE),
                        Set.of(Trial.NOT_CONCLUSIVE)),
                judge("checker-ignores-stale-reads"),
                judge("checker-off-by-one"),
                judge("checker-forgets-lost-records"));
    }

    /** Of the engine, found under a model of the disk that loses, damages and refuses what it may. */
    private static List<PlantedBug> engine() {
        return List.of(
                engine("failed-sync-ignored", SYNC_ERROR, CRASH + "FailedSyncTest"),
                engine("failed-sync-retried", SYNC_ERROR, CRASH + "FailedSyncTest"),
                engine("durable-out-of-order", POWER_CUT_ONE, CRASH + "CrashTest"),
                engine("directory-not-synced-at-creation", POWER_CUT_ONE, CRASH + "CrashTest"),
                engine("directory-not-synced-at-roll", POWER_CUT_ONE, CRASH + "CrashTest"),
                engine("truncated-at-a-bad-checksum", BIT_ROT_LOG, CRASH + "DamageTest"),
                engine("short-segment-accepted", FILE_TRUNCATED, CRASH + "DamageTest"),
                engine("checksum-not-verified", BIT_ROT_LOG, CRASH + "DamageTest"),
                engine("index-trusted", BIT_ROT_LOG, CRASH + "DamageTest"),
                new PlantedBug(
                        "trim-one-too-many",
                        Optional.empty(),
                        new Suite("wal-engine", "io.walnut.wal.logs.LogIndexModelTest", NONE),
                        Set.of(Trial.TEST_FAILED)));
    }

    /** Of the Raft member. */
    private static List<PlantedBug> node() {
        return List.of(
                node("votes-without-checksum", BIT_ROT_VOTE, "VoteStoreTest"),
                node("async-flush", SYNC_ERROR, "WalRaftLogTest"),
                node("unsafe-flush", POWER_CUT_ALL, "WalRaftLogTest"));
    }

    private static PlantedBug quiet(String name, Map<String, String> environment, Anomaly... signs) {
        return new PlantedBug(
                name, Optional.empty(), new Chaos(PROCESS, APPEND_READ, List.of(), 15, environment), names(signs));
    }

    private static PlantedBug faulty(
            String name,
            FaultClass faultClass,
            List<String> faults,
            int seconds,
            Map<String, String> environment,
            Anomaly... signs) {
        return new PlantedBug(
                name,
                Optional.of(faultClass),
                new Chaos(PROCESS, APPEND_READ, faults, seconds, environment),
                names(signs));
    }

    private static Set<String> names(Anomaly... anomalies) {
        return Stream.of(anomalies).map(Anomaly::name).collect(Collectors.toSet());
    }

    private static PlantedBug judge(String name) {
        return new PlantedBug(
                name,
                Optional.empty(),
                new Suite(
                        "chaos-tests",
                        "io.walnut.chaos.check.CheckersAgreeTest",
                        Map.of("walnut.histories", "10000")),
                Set.of(Trial.TEST_FAILED));
    }

    private static PlantedBug engine(String name, FaultClass faultClass, String testClass) {
        return new PlantedBug(
                name,
                Optional.of(faultClass),
                new Suite("wal-engine", testClass, NONE),
                Set.of(Trial.TEST_FAILED));
    }

    private static PlantedBug node(String name, FaultClass faultClass, String testClass) {
        return new PlantedBug(
                name,
                Optional.of(faultClass),
                new Suite("raft-node", "io.walnut.node.raft." + testClass, NONE),
                Set.of(Trial.TEST_FAILED));
    }
}
