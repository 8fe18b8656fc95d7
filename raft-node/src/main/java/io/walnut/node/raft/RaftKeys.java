package io.walnut.node.raft;

import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** Every key of Ratis that we set, with the reason. Keys that are not here keep their default on purpose. */
final class RaftKeys {
    private static final int MIB = 1024 * 1024;

    /** What Ratis adds around a command in an entry: ids, term, index and lengths, rounded up. */
    static final int ENTRY_OVERHEAD_BYTES = 4 * 1024;

    /** Room of a WAL batch above the entries of one AppendEntries: a header for each of at most 4,096 entries. */
    static final int BATCH_SLACK_BYTES = 256 * 1024;

    /** More than the disk needs to stay busy, less than the log keeps in memory. */
    static final long WAL_BYTES_IN_FLIGHT = 16L * MIB;

    /** Snapshots kept: the one being sent to a follower must not go when the next is taken. */
    static final int SNAPSHOTS_KEPT = 2;

    /** Applied entries that stay visible to Ratis, so that a short absence is bridged by entries. */
    static final int PRESERVED_ENTRIES = 4096;

    private RaftKeys() {}

    static RaftProperties of(RaftOptions options) {
        RaftProperties keys = new RaftProperties();
        storage(keys, options);
        network(keys, options);
        timeouts(keys, options);
        log(keys, options);
        snapshots(keys);
        requests(keys, options);
        return keys;
    }

    private static void storage(RaftProperties keys, RaftOptions options) {
        // The default of both is a temporary directory.
        RaftServerConfigKeys.setStorageDir(
                keys, List.of(options.directory().toAbsolutePath().toFile()));
        RaftServerConfigKeys.setRemovedGroupsDir(
                keys, new File(options.directory().toAbsolutePath().toFile(), "removed"));
    }

    private static void network(RaftProperties keys, RaftOptions options) {
        // What it does otherwise than Ratis stands there.
        keys.set("raft.rpc.type", WalnutRpc.class.getName());
        if (!options.bindHost().isEmpty()) {
            GrpcConfigKeys.Server.setHost(keys, options.bindHost());
        }
        GrpcConfigKeys.Server.setPort(keys, options.self().port());
        // One message carries one AppendEntries of up to the byte limit below; Ratis wants 1 MiB of room above it.
        GrpcConfigKeys.setMessageSizeMax(keys, SizeInBytes.valueOf(entryLimit(options) + 2L * MIB));
        // The default window of 1 MiB stalls a stream of entries that are larger.
        GrpcConfigKeys.setFlowControlWindow(keys, SizeInBytes.valueOf(8L * MIB));
        // 8 by default: too few small appends in flight for the gathering of a busy leader.
        GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(keys, 32);
        // Both pools are per division and unbounded by default. A bound below what blocks in them would be a deadlock.
        RaftServerConfigKeys.ThreadPool.setProxySize(keys, 32);
        RaftServerConfigKeys.ThreadPool.setServerSize(keys, 32);
        RaftServerConfigKeys.ThreadPool.setClientSize(keys, 32);
    }

    private static void timeouts(RaftProperties keys, RaftOptions options) {
        Duration min = options.electionTimeout();
        // Twice the shortest keeps two candidates apart.
        RaftServerConfigKeys.Rpc.setTimeoutMin(keys, duration(min));
        RaftServerConfigKeys.Rpc.setTimeoutMax(keys, duration(min.multipliedBy(2)));
        // Nobody leads yet at the start: no reason to wait for a silent leader.
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(keys, duration(min.dividedBy(3)));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(keys, duration(min));
        // Above the worst stall of a sync, below the patience of a client.
        RaftServerConfigKeys.Rpc.setRequestTimeout(keys, duration(Duration.ofSeconds(5)));
        // Also slows the appends to a dead follower down; must exceed the longest election timeout.
        RaftServerConfigKeys.Rpc.setSlownessTimeout(keys, duration(max(Duration.ofSeconds(10), min.multipliedBy(8))));
        // A leader that has lost its majority stays silent that long before it may campaign; also its pause limit.
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
                keys, duration(max(Duration.ofSeconds(3), min.multipliedBy(4))));
    }

    private static void log(RaftProperties keys, RaftOptions options) {
        // Largest entry and largest AppendEntries alike.
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(keys, SizeInBytes.valueOf(entryLimit(options)));
        RaftServerConfigKeys.Log.Appender.setBufferElementLimit(keys, 4096);
        // Sleeps after errors in a row, heartbeats too. The default ends at 5 s: a member that was away for long comes
        // back, hears
        // nothing, and would rather elect another leader.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(keys, "1ms,10, 200ms,2147483647");
        // Read by the log of Ratis alone, which a benchmark may put there; it insists on room for the largest entry.
        RaftServerConfigKeys.Log.setWriteBufferSize(keys, SizeInBytes.valueOf(entryLimit(options) + MIB));
        // Applied only while something is in flight (WalnutRpc): it is what gathers the entries of a busy leader.
        RaftServerConfigKeys.Log.Appender.setWaitTimeMin(keys, TimeDuration.valueOf(1, TimeUnit.MILLISECONDS));
        // 3.3.0 appends in the thread of the RPC then: two hops fewer, and no chained future that one failure poisons.
        RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(keys, false);
        // Tells a restarted member its commit index.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(keys, true);
        // One dead follower must not pin the log; it is sent a snapshot.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(keys, true);
        // A member that was away for a short time gets entries. They cost nothing: live records are kept anyway.
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(keys, PRESERVED_ENTRIES);
        RaftServerConfigKeys.Log.setPurgeGap(keys, 1024);
    }

    private static void snapshots(RaftProperties keys) {
        // SnapshotTimer asks, by bytes and time; a count of entries says nothing about either.
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(keys, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(keys, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenRemoveEnabled(keys, false);
        RaftServerConfigKeys.Snapshot.setCreationGap(keys, 1);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(keys, SNAPSHOTS_KEPT);
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(keys, true);
        // A chunk is on the heap where it arrives, and is written under the server's lock: heartbeats wait behind it.
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(keys, SizeInBytes.valueOf(2L * MIB));
        // In entries; the default of 1,000 is never "caught up" under load.
        RaftServerConfigKeys.setStagingCatchupGap(keys, 20_000);
    }

    private static void requests(RaftProperties keys, RaftOptions options) {
        // The default may answer from a deposed leader.
        RaftServerConfigKeys.Read.setOption(keys, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        // A pause between the check of a lease and the read serves stale data.
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(keys, false);
        RaftServerConfigKeys.Read.setTimeout(keys, duration(Duration.ofSeconds(5)));
        RaftServerConfigKeys.Write.setElementLimit(keys, 16_384);
        RaftServerConfigKeys.Write.setByteLimit(keys, SizeInBytes.valueOf(options.maxPendingBytes()));
        // Duplicates are found by producer and sequence in the state machine; Ratis never retries what we submit.
        RaftServerConfigKeys.RetryCache.setExpiryTime(keys, duration(Duration.ofSeconds(2)));
    }

    private static long entryLimit(RaftOptions options) {
        return (long) options.maxEntryBytes() + ENTRY_OVERHEAD_BYTES;
    }

    private static TimeDuration duration(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
